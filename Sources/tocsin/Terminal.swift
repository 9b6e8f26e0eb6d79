import AlarmModel
import Foundation

/// All that the commands print goes through here, so that nothing which a device or a person wrote
/// does anything to the screen: see ``plainText(_:)``.
enum Terminal {
    /// One line of text.
    static func say(_ line: String) { write(plainText(line) + "\n", to: STDOUT_FILENO) }

    static func say(_ lines: [String]) { write(text(lines), to: STDOUT_FILENO) }

    /// JSON as the desk gave it.
    static func say(json: String) { write(plainJSON(json) + "\n", to: STDOUT_FILENO) }

    static func say(json: [UInt8]) { say(json: String(decoding: json, as: UTF8.self)) }

    /// Lines of which the parts in colour have been made plain before.
    static func say(painted lines: [String]) {
        write(lines.map { $0 + "\n" }.joined(), to: STDOUT_FILENO)
    }

    /// One line for the person, beside what is printed.
    static func complain(_ line: String) { write(plainText(line) + "\n", to: STDERR_FILENO) }

    /// The same, with the terminal's bell where there is one: somebody has to look.
    static func alarm(_ line: String) {
        complain(line)
        if isatty(STDERR_FILENO) == 1 { write("\u{7}", to: STDERR_FILENO) }
    }

    /// Columns of a line: as many as the terminal has, and 80 where there is none.
    static var width: Int {
        var size = winsize()
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return 80
        }
        return max(40, Int(size.ws_col))
    }

    /// Many lines of JSON at once.
    static func say(jsonLines lines: [UInt8]) {
        let isPlain = lines.allSatisfy { $0 >= 0x20 && $0 < 0x7F || $0 == UInt8(ascii: "\n") }
        write(isPlain ? lines : Array(plainJSON(String(decoding: lines, as: UTF8.self)).utf8))
    }

    /// Bytes for a file or another program.
    static func write(_ bytes: [UInt8]) { write(bytes, to: STDOUT_FILENO) }

    private static func text(_ lines: [String]) -> String {
        lines.map { plainText($0) + "\n" }.joined()
    }

    private static func write(_ text: String, to descriptor: Int32) {
        write(Array(text.utf8), to: descriptor)
    }

    /// Standard output that nobody reads any more ends the program, as it ends any other.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Foundation.write(descriptor, $0.baseAddress, $0.count)
            }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR, descriptor == STDOUT_FILENO {
                exit(errno == EPIPE ? 128 + SIGPIPE : Trouble.Status.noOutput.rawValue)
            } else if errno != EINTR {
                return
            }
        }
    }
}
