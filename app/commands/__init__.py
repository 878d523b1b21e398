"""One module per subcommand of `diaban`, each with a click command named `command`."""
