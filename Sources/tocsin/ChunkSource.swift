import AlarmModel
import ArgumentParser
import Captures
import Foundation

/// Bytes for a decoder from a file or standard input, in chunks as a port would have read them.
struct ChunkSource {
    var file: String?
    var form: Decode.Form
    var port: String?

    private static let pieceBytes = 65_536

    /// Calls `body` with each chunk, in order.
    /// - Throws: when the file cannot be read or its form is wrong, with the place.
    func forEach(_ body: ([UInt8]) throws -> Void) throws {
        let handle = try open()
        switch form {
        case .binary:
            while let piece = try handle.read(upToCount: Self.pieceBytes), !piece.isEmpty {
                try body(Array(piece))
            }
        case .hex: try forEachHexLine(of: handle, body)
        case .pcapng: try forEachRecord(of: handle, body)
        }
    }

    /// What was received in a capture, with the time of each record.
    static func received(in file: String, port: String?) throws -> [CaptureRecord] {
        let source = ChunkSource(file: file, form: .pcapng, port: port)
        var records: [CaptureRecord] = []
        try source.forEachReceived(of: source.open()) { records.append($0) }
        return records
    }

    private func open() throws -> FileHandle {
        guard let file, file != "-" else { return .standardInput }
        guard let handle = FileHandle(forReadingAtPath: file) else {
            throw ValidationError("cannot read \(file): is it there, and may you read it?")
        }
        return handle
    }

    private func forEachHexLine(
        of handle: FileHandle, _ body: ([UInt8]) throws -> Void
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
                throw ValidationError("line \(number), \(error)")
            }
        }
        while let piece = try handle.read(upToCount: Self.pieceBytes), !piece.isEmpty {
            rest += piece
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                try take(rest[..<end])
                rest.removeFirst(end + 1)
            }
        }
        if !rest.isEmpty { try take(rest[...]) }
    }

    private func forEachRecord(
        of handle: FileHandle, _ body: ([UInt8]) throws -> Void
    ) throws {
        try forEachReceived(of: handle) { try body($0.bytes) }
    }

    private func forEachReceived(
        of handle: FileHandle, _ body: (CaptureRecord) throws -> Void
    ) throws {
        var reader = PcapngReader()
        func drain() throws {
            while let item = reader.next() {
                switch item {
                case .record(let record)
                where record.direction == .received && (port == nil || port == record.portName):
                    try body(record)
                case .problem(let problem):
                    FileHandle.standardError.write(Data("\(problem)\n".utf8))
                case .record, .port, .section: break
                }
            }
        }
        while let piece = try handle.read(upToCount: Self.pieceBytes), !piece.isEmpty {
            reader.append(Array(piece))
            try drain()
        }
        reader.finish()
        try drain()
    }
}
