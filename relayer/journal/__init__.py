"""The SQLite journal and its canonical form. It stores and checks; it never decides."""
