"""Values -> text: for a terminal, a pipeline (JSON) and people (HTML, Markdown). Only words, columns and colours."""
