import AlarmModel
import CLibsystemd
import Glibc

/// Fixed sentences with structured fields, one line per transition, for the journal of systemd.
///
/// Under systemd the fields go to journald (`journalctl -u tocsind -o verbose`, or by field:
/// `journalctl TOCSIN_PORT=receiver-1`); started by hand, the same line goes to standard error.
/// Nothing that names a person is written.
public enum Journal {
    /// syslog(3) levels.
    public enum Level: Int, Sendable {
        case critical = 2
        case error = 3
        case warning = 4
        case notice = 5
        case info = 6
    }

    /// - Parameters:
    ///   - sentence: always the same for the same transition; what varies goes into the fields.
    ///   - fields: upper-case names without the `TOCSIN_` that is put before them.
    public static func write(
        _ level: Level, _ sentence: String, _ fields: KeyValuePairs<String, String> = [:]
    ) {
        // A device's own words may be among them, its name or a port's.
        let fields = fields.map { ($0.key, plainText($0.value)) }
        guard isUnderSystemd else {
            return writeToStandardError(level, sentence, fields)
        }
        var record = ["MESSAGE=" + line(sentence, fields), "PRIORITY=\(level.rawValue)"]
        record.append("SYSLOG_IDENTIFIER=tocsind")
        for (name, value) in fields { record.append("TOCSIN_\(name)=\(value)") }
        send(record.map { Array($0.utf8) })
    }

    /// Lines for the person who started the daemon, as they are.
    static func complain(_ lines: String) {
        var text = Array((lines + "\n").utf8)
        _ = unsafe text.withUnsafeMutableBytes { unsafe Glibc.write(2, $0.baseAddress, $0.count) }
    }

    /// systemd sets it when standard error is connected to the journal.
    private static let isUnderSystemd = unsafe (getenv("JOURNAL_STREAM") != nil)

    private static func line(_ sentence: String, _ fields: [(String, String)]) -> String {
        fields.reduce(sentence) { $0 + " \($1.0.lowercased())=\($1.1)" }
    }

    private static func writeToStandardError(
        _ level: Level, _ sentence: String, _ fields: [(String, String)]
    ) {
        complain("tocsind: \(level): \(line(sentence, fields))")
    }

    /// sd_journal_sendv is the one entry of the library that is not variadic.
    private static func send(_ fields: [[UInt8]]) {
        var flat = fields.flatMap { $0 }
        unsafe flat.withUnsafeMutableBytes { bytes in
            var vectors: [iovec] = unsafe []
            var rest = unsafe bytes[...]
            for field in fields {
                let part = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: rest.prefix(field.count))
                unsafe vectors.append(iovec(iov_base: part.baseAddress, iov_len: part.count))
                unsafe rest = rest.dropFirst(field.count)
            }
            _ = unsafe sd_journal_sendv(vectors, Int32(vectors.count))
        }
    }
}
