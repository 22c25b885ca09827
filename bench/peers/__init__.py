"""Other people's software, each in an environment of its own; nothing of it is imported by ours."""
