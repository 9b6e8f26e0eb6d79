import AlarmModel
import Foundation
import Synchronization
import Testing

@testable import LinuxPorts

/// Devices whose driver keeps open(2) or close(2) for as long as the test wants.
@Suite("A driver that hangs")
struct SlowDriverTests {
    /// What a slow driver keeps, and how often it was asked.
    private final class Driver: Sendable {
        private let held = Mutex<Set<String>>([])
        private let gate = NSCondition()
        let opens = Mutex<[String]>([])
        let closes = Atomic<Int>(0)

        func hold(_ call: String) { _ = held.withLock { $0.insert(call) } }

        func release() {
            held.withLock { $0 = [] }
            gate.withLock { gate.broadcast() }
        }

        func pass(_ call: String) {
            gate.withLock {
                while held.withLock({ $0.contains(call) }) { gate.wait() }
            }
        }

        var calls: NodeCalls {
            var calls = NodeCalls.kernel
            calls.openSerial = { (node, settings) throws(SerialPort.Refusal) in
                self.opens.withLock { $0.append(node) }
                self.pass(node)
                return try SerialPort.open(node, settings)
            }
            calls.setSerial = {
                self.opens.withLock { $0.append("set") }
                self.pass("set")
                SerialPort.retune($0, $1, keepingInput: $2)
            }
            calls.closeSerial = {
                self.pass("close")
                SerialPort.close($0)
                self.closes.add(1, ordering: .relaxed)
            }
            return calls
        }

        func opens(of node: String) -> Int { opens.withLock { $0.count { $0 == node } } }
    }

    private func serial(_ name: String, _ path: String) -> PortDefinition {
        PortDefinition(
            name: name, protocolID: "surgard",
            way: .serial(DeviceMatch(path: path), SerialSettings()))
    }

    /// A press on the port is heard in the very next turn.
    private func expectPress(
        on port: OpenPort, _ receiver: PseudoTerminal, _ harness: LoopHarness, _ byte: UInt8
    ) throws {
        receiver.send([byte])
        #expect(harness.waitForBytes(on: port.handle))
        try harness.loop.turn(until: Clock.monotonic())
        #expect(harness.received[port.handle]?.last == byte)
    }

    /// Has the loop attend to the port now, as if the time that it waits for had come.
    private func skipWaiting(_ name: String, _ harness: LoopHarness) throws {
        let slot = try #require(harness.loop.slots.first { $0.definition.name == name })
        slot.retryAt = Clock.monotonic()
        try harness.loop.turn(until: Clock.monotonic())
    }

    @Test("While a device is being opened, others are opened and heard; and it is told")
    func opening() throws {
        let (stuck, receiver, driver) = (PseudoTerminal(), PseudoTerminal(), Driver())
        defer { driver.release() }
        driver.hold(stuck.path)
        let harness = try LoopHarness(
            [serial("stuck", stuck.path), serial("receiver", receiver.path)], driver.calls)
        let port = try #require(try harness.openPort("receiver"))
        #expect(try harness.turn { driver.opens(of: stuck.path) == 1 })
        try expectPress(on: port, receiver, harness, 1)
        #expect(harness.status("stuck")?.state == .absent)
        #expect(harness.status("stuck")?.reason == "opening \(stuck.path)")
        #expect(harness.loop.isOpening)
        let slot = try #require(harness.loop.slots.first)
        let rest = try #require(slot.retryAt) - Clock.monotonic()
        #expect(rest > Limits.portRetry && rest <= Limits.openPatience)

        try skipWaiting("stuck", harness)
        #expect(harness.status("stuck")?.state == .unusable)
        #expect(harness.status("stuck")?.reason?.contains("its driver hangs") == true)
        #expect(!harness.loop.isOpening)
        try expectPress(on: port, receiver, harness, 2)
        harness.loop.devices.lookSoon()
        try skipWaiting("stuck", harness)
        #expect(driver.opens(of: stuck.path) == 1, "one call a port, however long it takes")

        driver.release()
        #expect(try harness.openPort("stuck") != nil)
        #expect(harness.status("stuck")?.reason == nil)
    }

    @Test("While a device is being closed, others are heard, and it is not opened again")
    func closing() throws {
        let (stuck, receiver, driver) = (PseudoTerminal(), PseudoTerminal(), Driver())
        defer { driver.release() }
        let harness = try LoopHarness(
            [serial("stuck", stuck.path), serial("receiver", receiver.path)], driver.calls)
        let first = try #require(try harness.openPort("stuck"))
        let port = try #require(try harness.openPort("receiver"))
        driver.hold("close")
        harness.loop.close(first.handle)
        #expect(try harness.turn { harness.isClosed(first.handle) })
        try expectPress(on: port, receiver, harness, 1)

        try skipWaiting("stuck", harness)
        #expect(harness.status("stuck")?.reason == "\(stuck.path) is still being closed")
        let now = Clock.monotonic() + Limits.openPatience
        let slot = try #require(harness.loop.slots.first)
        let obstacle = harness.loop.nodes.obstacle(to: stuck.path, for: slot, at: now)
        #expect(obstacle?.state == .unusable)
        #expect(obstacle?.reason.contains("closing \(stuck.path) takes longer") == true)
        try expectPress(on: port, receiver, harness, 2)
        #expect(driver.opens(of: stuck.path) == 1)

        driver.release()
        #expect(try harness.openPort("stuck") != nil)
    }

    @Test("While a line is being set, others are heard; the last settings count")
    func setting() throws {
        let (line, receiver, driver) = (PseudoTerminal(), PseudoTerminal(), Driver())
        defer { driver.release() }
        let harness = try LoopHarness(
            [serial("line", line.path), serial("receiver", receiver.path)], driver.calls)
        let set = try #require(try harness.openPort("line"))
        let port = try #require(try harness.openPort("receiver"))
        driver.hold("set")
        for baud: UInt32 in [1_200, 2_400, 4_800] {
            harness.loop.retune(
                set.handle, to: SerialSettings(baud: baud), keepingInput: true)
        }
        #expect(try harness.turn { driver.opens(of: "set") == 1 })
        try expectPress(on: port, receiver, harness, 1)
        #expect(line.baud == 9_600)
        driver.release()
        #expect(try harness.turn { line.baud == 4_800 })
        #expect(driver.opens(of: "set") == 2)

        // It is not closed under the hands of who sets it.
        driver.hold("set")
        harness.loop.retune(set.handle, to: SerialSettings(baud: 300), keepingInput: true)
        #expect(try harness.turn { driver.opens(of: "set") == 3 })
        harness.loop.close(set.handle)
        #expect(try harness.turn { harness.isClosed(set.handle) })
        try expectPress(on: port, receiver, harness, 2)
        #expect(driver.closes.load(ordering: .relaxed) == 0)
        driver.release()
        #expect(try harness.openPort("line") != nil)
    }

    @Test("A device whose port is taken away while it is being opened is closed, then free")
    func takenAway() throws {
        let (stuck, driver) = (PseudoTerminal(), Driver())
        defer { driver.release() }
        driver.hold(stuck.path)
        let harness = try LoopHarness([serial("old", stuck.path)], driver.calls)
        #expect(try harness.turn { driver.opens(of: stuck.path) == 1 })
        harness.loop.reconfigure([serial("new", stuck.path)])
        try harness.loop.turn(until: Clock.monotonic())
        #expect(harness.status("new")?.reason == "\(stuck.path) is still being closed")
        driver.release()
        #expect(try harness.openPort("new") != nil)
        #expect(driver.closes.load(ordering: .relaxed) == 1)
        #expect(harness.opened.map(\.name) == ["new"])
        #expect(harness.closed.isEmpty)
    }

    @Test("What is opened for a loop that is gone is closed")
    func loopGone() throws {
        let (stuck, driver) = (PseudoTerminal(), Driver())
        defer { driver.release() }
        driver.hold(stuck.path)
        do {
            let harness = try LoopHarness([serial("stuck", stuck.path)], driver.calls)
            #expect(try harness.turn { driver.opens(of: stuck.path) == 1 })
        }
        driver.release()
        let deadline = Clock.monotonic() + .seconds(10)
        while driver.closes.load(ordering: .relaxed) == 0, Clock.monotonic() < deadline {
            Clock.rest(.milliseconds(1))
        }
        #expect(driver.closes.load(ordering: .relaxed) == 1)
    }

    @Test("As many calls run as may, and the next has its turn when one is done")
    func bound() throws {
        let harness = try LoopHarness([])
        let errands = Errands(waking: harness.loop.mailbox, most: 2)
        let driver = Driver()
        driver.hold("call")
        var done = 0
        let run = { errands.run({ driver.pass("call") }, then: { done += 1 }) }
        #expect(run() && run() && !run())
        driver.release()
        #expect(
            try harness.turn {
                errands.finish()
                return done == 2
            })
        #expect(run())
    }
}
