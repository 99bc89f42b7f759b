"""A chat in the AG-UI protocol, with calls that wait for whoever chats."""
