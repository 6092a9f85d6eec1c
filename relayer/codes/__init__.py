"""Codes and limits that more than one language agrees on. Everything here is made of proto/codes.yaml."""
