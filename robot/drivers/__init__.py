"""Hardware drivers, one file per vendor; `perfect` needs no hardware."""
