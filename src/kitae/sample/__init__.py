"""The bundled company, invented from first to last."""
