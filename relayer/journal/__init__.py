"""The SQLite journal, its canonical form, and telling it again. It stores and checks; it never decides."""
