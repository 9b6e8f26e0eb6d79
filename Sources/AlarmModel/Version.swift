/// What both programs answer to `--version`.
public let tocsinVersion = "0.1.0"
