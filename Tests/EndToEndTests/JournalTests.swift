import AlarmModel
import Foundation
import Testing

extension EndToEnd {
    @Suite("The journal of the daemon")
    struct JournalTests {
        @Test("A standard error that nobody reads stops no press, no desk, no reload and no end")
        func fullPipe() throws {
            let station = try Station(ports: [.init("line", "tocsin-link")])
            let presser = try Presser("tocsin-link", on: station.line(to: "line"))
            let pipe = try FullPipe()
            try station.start(complaints: pipe.writer)
            #expect(try work([presser]) { presser.answered.count >= 20 })
            let health = try station.desk.health()
            #expect(health.status == 200 && health.form.state == "ok", "\(health.form.reasons)")
            // Each is told, to nobody.
            for turn in 0..<50 {
                station.ports = [.init("line", "tocsin-link"), .init("b\(turn)", "no-such")]
                try station.writeConfiguration()
                station.process?.signal(SIGHUP)
                #expect(station.manager.wait(for: "READY=1"))
            }
            let before = presser.answered.count
            #expect(try work([presser]) { presser.answered.count >= before + 20 })
            presser.isPressing = false
            #expect(try work([presser]) { presser.unanswered.isEmpty })
            #expect(station.stop() == 0)
            let events = try station.storedEvents().events
            #expect(Set(presser.answered.map { $0 }).isSubset(of: Set(events.map(\.raw))))
        }

        @Test("What waited for a slow reader comes when it reads, and the reader may go")
        func slowReader() throws {
            let station = try Station(ports: [.init("line", "tocsin-link")])
            let presser = try Presser("tocsin-link", on: station.line(to: "line"))
            let pipe = try FullPipe()
            try station.start(complaints: pipe.writer)
            let log = OutputLog()
            log.collect(pipe.reader)
            #expect(log.wait(for: "ledger opened"))
            #expect(log.wait(for: "station started"))
            pipe.closeWriter()
            #expect(try work([presser]) { presser.answered.count >= 5 })
            #expect(station.stop() == 0)
        }

        @Test("A journal whose reader has gone ends nothing")
        func goneReader() throws {
            let station = try Station(ports: [.init("line", "tocsin-link")])
            let presser = try Presser("tocsin-link", on: station.line(to: "line"))
            let pipe = try FullPipe()
            try pipe.reader.close()
            try station.start(complaints: pipe.writer)
            #expect(try work([presser]) { presser.answered.count >= 5 })
            #expect(station.stop() == 0)
        }
    }
}

/// A pipe that has no room left.
private final class FullPipe {
    let reader: FileHandle
    let writer: FileHandle

    init() throws {
        let pipe = Pipe()
        reader = pipe.fileHandleForReading
        writer = pipe.fileHandleForWriting
        for end in [reader, writer] { _ = fcntl(end.fileDescriptor, F_SETFD, FD_CLOEXEC) }
        let flags = fcntl(writer.fileDescriptor, F_GETFL)
        _ = fcntl(writer.fileDescriptor, F_SETFL, flags | O_NONBLOCK)
        let line = [UInt8](repeating: UInt8(ascii: "\n"), count: 1)
        let page = [UInt8](repeating: UInt8(ascii: "\n"), count: 4_096)
        while write(writer.fileDescriptor, page, page.count) > 0 {}
        while write(writer.fileDescriptor, line, 1) > 0 {}
        guard errno == EAGAIN else { throw HarnessError("the pipe does not fill") }
        // The flag is the file's, which the daemon inherits.
        _ = fcntl(writer.fileDescriptor, F_SETFL, flags)
    }

    /// Of this process; the daemon has its own.
    func closeWriter() { try? writer.close() }
}
