"""The commands, one module each; each exports `COMMAND`."""
