import Logging

/// Takes what the libraries of the desk log to the journal: their own handler writes to standard
/// error on the threads of the desk, which a full pipe would hold.
struct JournalLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let level: Journal.Level =
            switch event.level {
            case .trace, .debug, .info: .info
            case .notice: .notice
            case .warning: .warning
            case .error: .error
            case .critical: .critical
            }
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let fields = all.sorted { $0.key < $1.key }
            .map { (name: $0.key.uppercased(), value: "\($0.value)") }
        Journal.write(level, "\(event.message)", fields)
    }
}
