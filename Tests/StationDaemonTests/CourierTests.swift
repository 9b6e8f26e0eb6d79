import AlarmModel
import Foundation
import Synchronization
import Testing

@testable import StationDaemon

@Suite("Courier")
struct CourierTests {
    /// A reader that takes nothing until it is let.
    private final class Reader: Sendable {
        let taken = Mutex<[String]>([])
        private let gate = DispatchSemaphore(value: 0)

        func take(_ item: String) {
            gate.wait()
            taken.withLock { $0.append(item) }
        }

        func letGo(_ count: Int) { for _ in 0..<count { gate.signal() } }
    }

    @Test("Nobody waits for a reader that does not read; what is lost is counted, and told later")
    func stalledReader() {
        let reader = Reader()
        let courier = Courier<String>(
            "test", capacity: Limits.journalLinesMax, telling: { "\($0) lost" },
            deliver: reader.take)
        for number in 0..<Limits.journalLinesMax { #expect(courier.post("\(number)")) }
        for _ in 0..<10 { #expect(!courier.post("too much")) }
        #expect(courier.dropped == 10)
        #expect(!courier.finish(atMost: .milliseconds(1)), "it waited for the reader")

        reader.letGo(Limits.journalLinesMax + 10)
        #expect(courier.finish(atMost: .seconds(30)))
        #expect(courier.post("there is room again"))
        #expect(courier.finish(atMost: .seconds(30)))
        let taken = reader.taken.withLock { $0 }
        let inOrder = (0..<Limits.journalLinesMax).map(String.init)
        #expect(Array(taken.prefix(Limits.journalLinesMax)) == inOrder)
        #expect(taken.contains("10 lost"))
        #expect(taken.count == Limits.journalLinesMax + 2)
        #expect(courier.dropped == 10)
    }

    @Test("What was posted is delivered in its order by the time that finishing says so")
    func finishing() {
        let taken = Mutex<[Int]>([])
        let courier = Courier<Int>("test", capacity: 1_000) { item in
            taken.withLock { $0.append(item) }
        }
        #expect(courier.finish(atMost: .seconds(30)), "there is nothing to wait for")
        for number in 0..<1_000 { courier.post(number) }
        #expect(courier.finish(atMost: .seconds(30)))
        #expect(taken.withLock { $0 } == Array(0..<1_000))
    }
}

@Suite("Words for others")
struct WordsTests {
    @Test("A line of the journal is cut at its bound, and not before")
    func longLines() {
        let fits = String(repeating: "x", count: Limits.journalLineBytesMax)
        #expect(Journal.cut(fits).count == Limits.journalLineBytesMax)
        #expect(Journal.cut(fits + "y") == Array(fits.utf8))
    }

    @Test("A systemd that does not listen holds nobody up, and gets what there is room for later")
    func deafServiceManager() throws {
        let path = NSTemporaryDirectory() + "tocsin-notify-\(getpid()).sock"
        let listener = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer {
            unsetenv("NOTIFY_SOCKET")
            close(listener)
            unlink(path)
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        setenv("NOTIFY_SOCKET", path, 1)
        // The kernel keeps a few and then holds the sender.
        for number in 0..<4 * Limits.serviceManagerWordsMax {
            ServiceManager.status("word \(number)")
        }
        ServiceManager.finish()

        var heard = 0
        var buffer = [UInt8](repeating: 0, count: 4_096)
        _ = fcntl(listener, F_SETFL, O_NONBLOCK)
        var watched = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        while poll(&watched, 1, 500) > 0, read(listener, &buffer, buffer.count) > 0 { heard += 1 }
        #expect(heard >= Limits.serviceManagerWordsMax)
        #expect(heard < 4 * Limits.serviceManagerWordsMax)
    }
}
