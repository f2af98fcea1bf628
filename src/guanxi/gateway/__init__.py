"""Machine doors: one module per wire protocol, each parse -> one operation -> render."""
