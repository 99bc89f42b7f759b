"""A chat in the protocol of the Vercel AI SDK, with calls that wait for whoever chats."""
