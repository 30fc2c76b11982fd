"""The press: what makes issues and sends them."""
