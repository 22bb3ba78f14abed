"""Simulator: people and attackers as code, with ground truth.

What other rooms call: `traffic.generate` and `traffic.Planned`, `site.Site`, `attacks.ATTACKS`, `lines.combined`,
`truth.ground_truth` and `truth.label_documents`.
"""
