import AlarmModel
import Glibc
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
        book.vouch(for: peer(2), at: at(0))
        #expect(book.nextDue == at(60))
        #expect(book.firstDue(at: at(59)) == nil)
        #expect(book.firstDue(at: at(60)) == peer(1))
        book.remove(peer(1))
        #expect(book.nextDue == at(300))
        #expect(book.firstDue(at: at(300)) == peer(2))
    }

    @Test("Who sends a frame moves to the end; who was spared, too")
    func order() {
        var book = PeerBook(idle: .seconds(300))
        for number in 1...3 {
            book.admit(peer(Int32(number)), from: here, at: at(0))
            book.vouch(for: peer(Int32(number)), at: at(Int64(number)))
        }
        book.vouch(for: peer(1), at: at(10))
        #expect(book.devices.first == peer(2))
        book.spare(peer(2), at: at(20))
        #expect(book.devices.first == peer(3))
        book.remove(peer(3))
        #expect(book.devices.first == peer(1))
        #expect(book.nextDue == at(310))
        #expect(book.strangers.first == nil && book.any == peer(1) && book.count == 2)
    }

    @Test("The address with the most peers gives way, and of it the one silent longest")
    func heaviest() {
        var book = PeerBook(idle: .seconds(300))
        book.admit(peer(1), from: here, at: at(0))
        for number in Int32(2)...4 {
            book.admit(peer(number), from: there, at: at(Int64(number)))
        }
        #expect(book.strangers.first == peer(2))
        book.vouch(for: peer(2), at: at(5))
        book.vouch(for: peer(3), at: at(6))
        #expect(book.strangers.first == peer(1), "one each: the age decides")
        #expect(book.devices.first == peer(2))
        book.vouch(for: peer(1), at: at(7))
        book.vouch(for: peer(2), at: at(8))
        #expect(book.devices.first == peer(3))
        #expect(book.devices.count(from: there) == 2 && book.strangers.count(from: there) == 1)
        #expect(book.strangers.oldest(from: there) == peer(4))
    }

    @Test("It agrees with lists that are searched, whatever happens")
    func model() {
        let seed: UInt64 = 0x7065_6572
        var random = SplitMix64(seed: seed)
        var book = PeerBook(idle: .seconds(300))
        var list: [(peer: PortHandle, host: UInt64, since: Int64, isDevice: Bool)] = []
        for step in 0..<20_000 {
            let now = Int64(step)
            let chosen = list.randomElement(using: &random)?.peer ?? peer(0)
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                let host = UInt64.random(in: 0..<3, using: &random)
                list.append((peer(Int32(step)), host, now, false))
                book.admit(peer(Int32(step)), from: .init(bits: host), at: at(now))
            case 1, 2:
                for index in list.indices where list[index].peer == chosen {
                    list[index].since = now
                    list[index].isDevice = true
                }
                book.vouch(for: chosen, at: at(now))
            default:
                list.removeAll { $0.peer == chosen }
                book.remove(chosen)
            }
            let crowds = [(true, book.devices), (false, book.strangers)]
            let isRight = crowds.allSatisfy { kind, crowd in
                let all = list.filter { $0.isDevice == kind }
                let counts = (0..<3).map { host in all.count { $0.host == host } }
                let most = counts.max() ?? 0
                let first = all.first { $0.peer == crowd.first }
                let ofHost = all.filter { most < 2 || $0.host == first?.host }
                return crowd.count == all.count
                    && crowd.oldest?.peer == all.min { $0.since < $1.since }?.peer
                    && counts.indices.allSatisfy {
                        crowd.count(from: .init(bits: UInt64($0))) == counts[$0]
                    }
                    && (first.map { counts[Int($0.host)] } ?? 0) == most
                    && first?.since == ofHost.map(\.since).min()
            }
            guard isRight else {
                Issue.record("seed \(seed), step \(step)")
                return
            }
        }
    }

    /// What `steps` newcomers cost where so many are known, each from an address of its own.
    private func cost(of steps: Int, among known: Int) -> Double {
        var book = PeerBook(idle: .seconds(300))
        var number: Int32 = 0
        func step(_ giveWay: Bool) {
            number += 1
            let first = giveWay ? book.devices.first : nil
            if let first { book.remove(first) }
            book.admit(peer(number), from: .init(bits: UInt64(number)), at: at(Int64(number)))
            book.vouch(for: peer(number), at: at(Int64(number)))
            _ = book.nextDue
        }
        for _ in 0..<known { step(false) }
        let start = processorTime()
        for _ in 0..<steps { step(true) }
        return processorTime() - start
    }

    @Test("What a newcomer costs does not grow with how many are known")
    func constantTime() {
        // The least of several, because others use the caches too. A search would be 200 times.
        let few = (0..<3).map { _ in cost(of: 2_000, among: 1_000) }.min() ?? 0
        let many = (0..<3).map { _ in cost(of: 2_000, among: 200_000) }.min() ?? 0
        #expect(many < 20 * few)
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
