"""The documentation as a site of static pages, which Sphinx builds from the project's Markdown: ``make site``."""
