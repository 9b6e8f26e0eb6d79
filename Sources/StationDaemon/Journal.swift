import AlarmModel
import CLibsystemd
import Glibc

/// Fixed sentences with structured fields, one line per transition, for the journal of systemd.
///
/// Under systemd the fields go to journald (`journalctl -u tocsind -o verbose`, or by field:
/// `journalctl TOCSIN_PORT=receiver-1`); started by hand, the same line goes to standard error.
/// Nothing that names a person is written.
///
/// A thread of its own writes them. Whoever reads them may be slow, or not read at all: then lines
/// are dropped, which is told when there is room again, and nothing else waits.
public enum Journal {
    /// syslog(3) levels.
    public enum Level: Int, Sendable {
        case critical = 2
        case error = 3
        case warning = 4
        case notice = 5
        case info = 6
    }

    private enum Line: Sendable {
        case entry(Level, sentence: String, fields: [(name: String, value: String)])
        /// For the person who started the daemon, as it is.
        case plain(String)
    }

    private static let courier = Courier<Line>(
        "journal", capacity: Limits.journalLinesMax,
        telling: { count in
            .entry(
                .warning, sentence: "lines of this journal found no room and are lost",
                fields: [("COUNT", "\(count)")])
        },
        deliver: { write($0) })

    /// - Parameters:
    ///   - sentence: always the same for the same transition; what varies goes into the fields.
    ///   - fields: upper-case names without the `TOCSIN_` that is put before them.
    public static func write(
        _ level: Level, _ sentence: String, _ fields: KeyValuePairs<String, String> = [:]
    ) {
        write(level, sentence, fields.map { ($0.key, $0.value) })
    }

    static func write(
        _ level: Level, _ sentence: String, _ fields: [(name: String, value: String)]
    ) {
        // A device's own words may be among them, its name or a port's.
        let plain = fields.map { (name: $0.name, value: plainText($0.value)) }
        courier.post(.entry(level, sentence: sentence, fields: plain))
    }

    /// Lines for the person who started the daemon, as they are.
    static func complain(_ lines: String) {
        for line in lines.split(separator: "\n") { courier.post(.plain(String(line))) }
    }

    /// Waits until all is written, but not for a reader that does not read.
    static func finish() { courier.finish(atMost: Limits.journalFlushMax) }

    /// Lines that nobody has read in time.
    static var dropped: Int { courier.dropped }

    // MARK: - On the journal's thread

    /// systemd sets it when standard error is connected to the journal.
    private static let isUnderSystemd = unsafe (getenv("JOURNAL_STREAM") != nil)

    private static func write(_ line: Line) {
        switch line {
        case .plain(let text): writeToStandardError(text)
        case .entry(let level, let sentence, let fields):
            let text = fields.reduce(sentence) { $0 + " \($1.name.lowercased())=\($1.value)" }
            guard isUnderSystemd else { return writeToStandardError("tocsind: \(level): \(text)") }
            var record = ["MESSAGE=" + text, "PRIORITY=\(level.rawValue)"]
            record.append("SYSLOG_IDENTIFIER=tocsind")
            for (name, value) in fields { record.append("TOCSIN_\(name)=\(value)") }
            send(record.map(cut))
        }
    }

    static func cut(_ text: String) -> [UInt8] {
        Array(text.utf8.prefix(Limits.journalLineBytesMax))
    }

    private static func writeToStandardError(_ line: String) {
        let bytes = cut(line) + [UInt8(ascii: "\n")]
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.write(2, $0.baseAddress, $0.count)
            }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                // Whoever else has this pipe or terminal open may have made it so.
                var standardError = pollfd(fd: 2, events: Int16(POLLOUT), revents: 0)
                unsafe poll(&standardError, 1, -1)
            } else if errno != EINTR {
                return
            }
        }
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
