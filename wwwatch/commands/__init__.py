"""The subcommands that belong to no room: engine, setup, status, questions, demo."""
