"""The small site behind a real web server: what `simulator.site` describes, as a process that answers HTTP.

Its login checks passwords, its member pages want a session, its search works, and it has as many workers as the
layout's capacity: what is too much for them waits, and is then refused. `server.serve` is what others call.
"""
