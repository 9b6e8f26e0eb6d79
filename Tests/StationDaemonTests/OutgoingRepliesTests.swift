import StationCore
import Testing

@testable import StationDaemon

@Suite("Replies of one turn")
struct OutgoingRepliesTests {
    private func taken(_ outgoing: inout OutgoingReplies) -> [(PortKey, [UInt8])] {
        var taken: [(PortKey, [UInt8])] = []
        outgoing.takeAll { taken.append(($0, $1)) }
        return taken
    }

    @Test("Those to one stream leave in one write, in their order, and go out once")
    func streams() {
        var outgoing = OutgoingReplies()
        let (first, second) = (PortKey(7), PortKey(3))
        for (key, reply) in [(first, 1), (second, 2), (first, 3)] as [(PortKey, UInt8)] {
            let isJoined = outgoing.join([reply, 0], to: key, isStream: { true })
            #expect(isJoined)
        }
        let all = taken(&outgoing)
        #expect(all.map(\.0) == [first, second])
        #expect(all.map(\.1) == [[1, 0, 3, 0], [2, 0]])
        let again = taken(&outgoing)
        #expect(again.isEmpty)
        _ = outgoing.join([4], to: first, isStream: { true })
        let next = taken(&outgoing)
        #expect(next.map(\.1) == [[4]])
    }

    @Test("A datagram and a report are never put together")
    func datagrams() {
        var outgoing = OutgoingReplies()
        for reply in [[1], [2]] as [[UInt8]] {
            let isJoined = outgoing.join(reply, to: PortKey(1), isStream: { false })
            #expect(!isJoined)
        }
        let all = taken(&outgoing)
        #expect(all.isEmpty)
    }
}
