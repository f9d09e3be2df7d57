"""One message from a service to many families."""
