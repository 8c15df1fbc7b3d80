"""Every default of every program, as YAML."""
