"""The machinery around the stages: shows them, checks them and keeps them true."""
