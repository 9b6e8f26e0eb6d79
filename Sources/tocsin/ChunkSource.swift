import AlarmModel
import Captures
import Foundation

/// Bytes for a decoder from a file or standard input, in chunks as a port would have read them.
struct ChunkSource {
    var file: String?
    var form: Decode.Form
    var port: String?

    /// Calls `body` with each chunk, in order.
    /// - Throws: when the file cannot be read or its form is wrong, with the place.
    func forEach(_ body: ([UInt8]) throws -> Void) throws {
        let input = try InputFile(file)
        switch form {
        case .binary: while let piece = try input.read() { try body(piece) }
        case .hex: try forEachHexLine(of: input, body)
        case .pcapng: try forEachReceived(of: input) { try body($0.bytes) }
        }
    }

    /// What was received in a capture, with the time of each record.
    static func received(in file: String, port: String?) throws -> [CaptureRecord] {
        let source = ChunkSource(file: file, form: .pcapng, port: port)
        var records: [CaptureRecord] = []
        try source.forEachReceived(of: InputFile(file)) { records.append($0) }
        return records
    }

    private func forEachHexLine(
        of input: InputFile, _ body: ([UInt8]) throws -> Void
    ) throws {
        var number = 0
        var rest: [UInt8] = []
        func take(_ line: ArraySlice<UInt8>) throws {
            number += 1
            let text = String(decoding: line, as: UTF8.self)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            guard !text.isEmpty, !text.hasPrefix("#") else { return }
            do {
                try body(try bytes(hex: text))
            } catch let error as HexError {
                throw Trouble("line \(number), \(error)", .badData)
            }
        }
        while let piece = try input.read() {
            rest += piece
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                try take(rest[..<end])
                rest.removeFirst(end + 1)
            }
        }
        if !rest.isEmpty { try take(rest[...]) }
    }

    private func forEachReceived(
        of input: InputFile, _ body: (CaptureRecord) throws -> Void
    ) throws {
        var reader = PcapngReader()
        func drain() throws {
            while let item = reader.next() {
                switch item {
                case .record(let record)
                where record.direction == .received && (port == nil || port == record.portName):
                    try body(record)
                case .problem(let problem):
                    Terminal.complain("\(problem)")
                case .record, .port, .section: break
                }
            }
        }
        while let piece = try input.read() {
            reader.append(piece)
            try drain()
        }
        reader.finish()
        try drain()
    }
}

/// A file that is read in pieces, or standard input.
private final class InputFile {
    private static let pieceBytes = 65_536

    private let path: String
    private let descriptor: Int32

    /// - Parameter path: nil and `-` are standard input.
    init(_ path: String?) throws(Trouble) {
        guard let path, path != "-" else {
            self.path = "standard input"
            descriptor = STDIN_FILENO
            return
        }
        self.path = path
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(path, errno) }
    }

    deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

    /// The next piece; nil at the end.
    func read() throws(Trouble) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: Self.pieceBytes)
        while true {
            let count = unsafe bytes.withUnsafeMutableBytes {
                unsafe Foundation.read(descriptor, $0.baseAddress, $0.count)
            }
            guard count < 0 else { return count == 0 ? nil : Array(bytes.prefix(count)) }
            guard errno == EINTR else { throw .unreadable(path, errno) }
        }
    }
}
