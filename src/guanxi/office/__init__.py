"""Staff doors: the web application."""
