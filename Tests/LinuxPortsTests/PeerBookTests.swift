import AlarmModel
import Testing

@testable import LinuxPorts

@Suite("Who gives way on a listener")
struct PeerBookTests {
    private let here = SocketAddress.Host(bits: 1)
    private let there = SocketAddress.Host(bits: 2)

    private func peer(_ number: Int32) -> PortHandle { PortHandle(rawValue: number) }

    private func at(_ seconds: Int64) -> MonotonicTime {
        MonotonicTime(microseconds: seconds * 1_000_000)
    }

    @Test("A device may be silent for longer than a stranger")
    func patience() {
        var book = PeerBook(idle: .seconds(300))
        book.admit(peer(1), from: here, at: at(0))
        book.admit(peer(2), from: here, at: at(0))
        book.vouch(for: peer(2))
        #expect(book.nextDue == at(60))
        #expect(book.firstDue(at: at(59)) == nil)
        #expect(book.firstDue(at: at(60)) == peer(1))
        book.remove(peer(1))
        #expect(book.nextDue == at(300))
        #expect(book.firstDue(at: at(300)) == peer(2))
    }

    @Test("Who is heard again moves to the end")
    func order() {
        var book = PeerBook(idle: .seconds(300))
        for number in 1...3 { book.admit(peer(Int32(number)), from: here, at: at(0)) }
        book.heard(peer(1), at: at(10))
        #expect(book.oldestStranger == peer(2))
        book.heard(peer(2), at: at(20))
        #expect(book.oldestStranger == peer(3))
        book.remove(peer(3))
        #expect(book.oldestStranger == peer(1))
        #expect(book.nextDue == at(70))
    }

    @Test("No stranger is left where all are devices")
    func devices() {
        var book = PeerBook(idle: .seconds(300))
        for number in 1...3 {
            book.admit(peer(Int32(number)), from: here, at: at(Int64(number)))
            book.vouch(for: peer(Int32(number)))
        }
        #expect(book.oldestStranger == nil)
        #expect(book.oldestDevice == peer(1))
        #expect(book.strangerCount(from: here) == 0)
        #expect(book.count == 3)
    }

    @Test("Strangers are counted by the address that they come from")
    func hosts() {
        var book = PeerBook(idle: .seconds(300))
        book.admit(peer(1), from: here, at: at(0))
        book.admit(peer(2), from: there, at: at(1))
        book.admit(peer(3), from: there, at: at(2))
        #expect(book.strangerCount(from: here) == 1 && book.strangerCount(from: there) == 2)
        #expect(book.oldestStranger(from: there) == peer(2))
        book.heard(peer(2), at: at(3))
        #expect(book.oldestStranger(from: there) == peer(3))
        book.vouch(for: peer(3))
        book.remove(peer(2))
        #expect(book.strangerCount(from: there) == 0)
    }

    @Test("It agrees with a list that is searched, whatever happens")
    func model() {
        let seed: UInt64 = 0x7065_6572
        var random = SplitMix64(seed: seed)
        var book = PeerBook(idle: .seconds(300))
        var list: [(peer: PortHandle, host: UInt64, heard: Int64, isDevice: Bool)] = []
        for step in 0..<20_000 {
            let now = Int64(step)
            let chosen = list.randomElement(using: &random)?.peer ?? peer(0)
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                let host = UInt64.random(in: 0..<3, using: &random)
                list.append((peer(Int32(step)), host, now, false))
                book.admit(peer(Int32(step)), from: .init(bits: host), at: at(now))
            case 1:
                for index in list.indices where list[index].peer == chosen {
                    list[index].heard = now
                }
                book.heard(chosen, at: at(now))
            case 2:
                // Vouched for when just heard, as the loop does.
                for index in list.indices where list[index].peer == chosen {
                    list[index].heard = now
                    list[index].isDevice = true
                }
                book.heard(chosen, at: at(now))
                book.vouch(for: chosen)
            default:
                list.removeAll { $0.peer == chosen }
                book.remove(chosen)
            }
            let strangers = list.filter { !$0.isDevice }
            let oldest = strangers.min { $0.heard < $1.heard }?.peer
            let device = list.filter(\.isDevice).min { $0.heard < $1.heard }?.peer
            let isRight =
                book.count == list.count && book.oldestStranger == oldest
                && book.oldestDevice == device
                && book.strangerCount(from: .init(bits: 1)) == strangers.count { $0.host == 1 }
            guard isRight else {
                Issue.record("seed \(seed), step \(step)")
                return
            }
        }
    }

    @Test(
        "IPv4 peers are told apart by their address, IPv6 peers by their /64",
        arguments: [
            ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
            ("192.0.2.1", "::ffff:192.0.2.1", true), ("2001:db8::1", "2001:db8::2", true),
            ("2001:db8:0:1::1", "2001:db8:0:2::1", false),
        ])
    func hosts(one: String, other: String, same: Bool) throws {
        let addresses = try [one, other].map {
            try #require(
                SocketAddress.resolve($0, 80, numericOnly: true).get().first)
        }
        #expect((addresses[0].host == addresses[1].host) == same)
    }
}
