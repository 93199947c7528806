"""`hearsight serve`: the HTTP API, and the page that is built on it."""
