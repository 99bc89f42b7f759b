"""Code mode for Pydantic AI: every cell checked before it runs, state kept between turns."""
