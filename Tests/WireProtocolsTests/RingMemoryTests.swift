import AlarmModel
import Foundation
import Testing

@testable import WireProtocols

@Suite("The memory of rings")
struct RingMemoryTests {
    /// How many rings this process has mapped, each of them twice in a row.
    private func mappedRings() throws -> Int {
        // A file of /proc tells no size, so it is read to its end.
        let file = try FileHandle(forReadingFrom: URL(filePath: "/proc/self/maps"))
        let maps = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
        return maps.split(separator: "\n").count { $0.contains("tocsin-ring") } / 2
    }

    /// Of silent connections, each with what was received last, none of it unread.
    private final class Connection {
        var ring = ByteRing()

        func receive(_ bytes: [UInt8]) { _ = ring.receive(copying: bytes.span) }
        func receiveNothing() {
            _ = ring.lend()
            ring.received(0)
        }
        func consumeAll() { ring.advance(by: ring.unreadCount) }
        var unread: [UInt8] { ring.withUnread { unread in unread.indices.map { unread[$0] } } }
    }

    @Test("Where the kernel gives no memory, nothing is lent, and who holds some goes on")
    func refused() async {
        // In a process of its own, because the limit is the process's.
        await #expect(processExitsWith: .success) {
            let (holder, newcomer) = (Connection(), Connection())
            holder.receive([1])
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            limit.rlim_cur = 0
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            let refused = newcomer.ring.lend().isEmpty
            holder.receive([2])
            exit(refused && holder.unread == [1, 2] ? EXIT_SUCCESS : EXIT_FAILURE)
        }
    }

    @Test("A ring with nothing unread holds no memory, one with something holds its own")
    func lent() throws {
        let count = 1_000
        let before = try mappedRings()
        let connections = (0..<count).map { _ in Connection() }
        for (number, connection) in connections.enumerated() {
            connection.receive([1, 2, UInt8(truncatingIfNeeded: number)])
            connection.consumeAll()
        }
        for connection in connections { connection.receiveNothing() }
        // Other tests of this process have rings too.
        #expect(try mappedRings() - before < count / 2)
        #expect(connections.allSatisfy { $0.unread.isEmpty })
        for (number, connection) in connections.enumerated() {
            connection.receive([3, UInt8(truncatingIfNeeded: number)])
        }
        #expect(try mappedRings() - before >= count / 2)
        for (number, connection) in connections.enumerated() {
            #expect(connection.unread == [3, UInt8(truncatingIfNeeded: number)])
            connection.consumeAll()
        }
        #expect(try mappedRings() - before < count / 2)
    }
}
