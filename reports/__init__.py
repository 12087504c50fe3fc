"""From records to tables, curves and pages."""
