import AlarmModel
import Foundation
import Testing

@testable import LinuxPorts

@Suite("The one loop")
struct PortLoopTests {
    private func serial(_ name: String, _ path: String) -> PortDefinition {
        PortDefinition(
            name: name, protocolID: "surgard",
            way: .serial(DeviceMatch(path: path), SerialSettings()))
    }

    @Test("Another thread wakes a loop that waits")
    func mailbox() throws {
        let harness = try LoopHarness([])
        let mailbox = harness.loop.mailbox
        let start = Clock.monotonic()
        Thread.detachNewThread { mailbox.wake() }
        try harness.loop.turn(until: start + .seconds(20))
        #expect(harness.wakes == 1)
        #expect(Clock.monotonic() - start < .seconds(10))
    }

    @Test("Messages arrive in order, and a full inbox refuses rather than grows")
    func inbox() throws {
        let harness = try LoopHarness([])
        let inbox = Inbox<Int>(capacity: 2, waking: harness.loop.mailbox)
        #expect(inbox.post(1) && inbox.post(2) && !inbox.post(3))
        try harness.loop.turn(until: Clock.monotonic() + .seconds(10))
        #expect(harness.wakes == 1)
        #expect(inbox.takeAll() == [1, 2])
        #expect(inbox.takeAll().isEmpty)
        #expect(inbox.post(4))
    }

    @Test("A turn without anything to do ends at its deadline, not before")
    func deadline() throws {
        let harness = try LoopHarness([])
        let deadline = Clock.monotonic() + .milliseconds(30)
        try harness.loop.turn(until: deadline)
        #expect(Clock.monotonic() >= deadline)
    }

    @Test("While reading is paused, bytes stay in the kernel; none is lost")
    func pause() throws {
        let device = PseudoTerminal()
        let harness = try LoopHarness([serial("receiver", device.path)])
        let port = try #require(try harness.openPort("receiver"))
        harness.loop.pauseReading()
        device.send([1, 2, 3])
        try harness.loop.turn(until: Clock.monotonic() + .milliseconds(50))
        #expect(harness.received.isEmpty)
        harness.loop.resumeReading()
        #expect(try harness.turn { harness.received[port.handle] == [1, 2, 3] })
    }

    @Test("A hang-up while reading is paused does not spin the loop, and is found afterwards")
    func hangUpWhilePaused() throws {
        let device = PseudoTerminal()
        let harness = try LoopHarness([serial("receiver", device.path)])
        let port = try #require(try harness.openPort("receiver"))
        harness.loop.pauseReading()
        device.hangUp()
        var turns = 0
        let end = Clock.monotonic() + .milliseconds(100)
        while Clock.monotonic() < end {
            try harness.loop.turn(until: end)
            turns += 1
        }
        #expect(turns < 10)
        #expect(!harness.isClosed(port.handle))
        harness.loop.resumeReading()
        #expect(try harness.turn { harness.isClosed(port.handle) })
    }

    @Test("Ports whose definition did not change stay open through a reconfiguration")
    func reconfigure() throws {
        let (kept, dropped, added) = (PseudoTerminal(), PseudoTerminal(), PseudoTerminal())
        let harness = try LoopHarness([serial("dropped", dropped.path), serial("kept", kept.path)])
        let keptPort = try #require(try harness.openPort("kept"))
        let droppedPort = try #require(try harness.openPort("dropped"))
        var changed = serial("kept too", dropped.path)
        changed.protocolID = "espa444"
        harness.loop.reconfigure([serial("kept", kept.path), serial("added", added.path), changed])
        #expect(try harness.openPort("added") != nil)
        #expect(try harness.openPort("kept too")?.protocolID == "espa444")
        #expect(harness.closed.map(\.handle) == [droppedPort.handle])
        #expect(harness.closed.first?.reason == .reconfigured)
        kept.send([9])
        #expect(try harness.turn { harness.received[keptPort.handle] == [9] })
        #expect(harness.loop.statuses.map(\.name) == ["kept", "added", "kept too"])
    }

    @Test("A port closed by the station is told of once, and opened again")
    func requested() throws {
        let device = PseudoTerminal()
        let harness = try LoopHarness([serial("receiver", device.path)])
        let port = try #require(try harness.openPort("receiver"))
        harness.loop.close(port.handle)
        harness.loop.close(port.handle)
        harness.write([1], to: port.handle)
        #expect(harness.closed.isEmpty, "told only from inside a turn")
        #expect(try harness.turn { harness.isClosed(port.handle) })
        #expect(try harness.openPort("receiver", within: 2) != nil)
        #expect(harness.closed.map(\.reason) == [.requested])
    }

    @Test("A reply written while its bytes are being handled leaves at once")
    func writeInsideRead() throws {
        let device = PseudoTerminal()
        let harness = try LoopHarness([serial("receiver", device.path)])
        harness.onRead = { handle, bytes in harness.write(bytes.reversed(), to: handle) }
        _ = try #require(try harness.openPort("receiver"))
        device.send([1, 2, 3])
        var answer: [UInt8] = []
        #expect(
            try harness.turn {
                answer += device.receive()
                return answer == [3, 2, 1]
            })
        harness.onRead = { _, _ in }
    }

    @Test("The daemon may reconfigure from inside an event")
    func reconfigureInsideEvent() throws {
        let device = PseudoTerminal()
        let listen = PortDefinition(
            name: "locators", protocolID: "jt808",
            way: .tcpListen(NetworkAddress(host: "127.0.0.1", port: 0)))
        let harness = try LoopHarness([listen])
        #expect(try harness.turn { harness.status("locators")?.state == .open })
        let clients = (0..<3).map { _ in Client(harness.status("locators")?.path) }
        let first = serial("first", device.path)
        harness.onOpen = { [unowned harness] _ in
            harness.loop.reconfigure(harness.opened.count == 1 ? [first, listen] : [])
        }
        #expect(try harness.turn { harness.opened.count == 2 && harness.loop.slots.isEmpty })
        #expect(try harness.turn { harness.closed.count == harness.opened.count })
        #expect(Set(harness.opened.map(\.handle)) == Set(harness.closed.map(\.handle)))
        #expect(clients.allSatisfy { $0 != nil })
    }

    @Test("The clocks run, and the boot has a name")
    func clock() {
        let (first, second) = (Clock.now(), Clock.now())
        #expect(first.monotonic <= second.monotonic)
        #expect(first.wall.microseconds > 1_700_000_000_000_000)
        #expect(Clock.bootID != nil)
    }
}
