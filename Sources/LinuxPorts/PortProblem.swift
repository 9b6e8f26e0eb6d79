import AlarmModel
import Glibc

/// Why a port is not open, in words for the person who has to mend it.
struct PortProblem: Error, Equatable {
    var state: PortStatus.State
    var reason: String
    var remedy: String
    /// No later attempt can succeed: only another configuration, or another start, helps.
    var isFinal = false

    // MARK: absent

    static func noDevice(_ match: DeviceMatch) -> PortProblem {
        PortProblem(
            state: .absent, reason: "no device with \(match) is present",
            remedy: "plug it in, or compare the marks with those of `udevadm info NODE`")
    }

    static func noPath(_ path: String) -> PortProblem {
        PortProblem(
            state: .absent, reason: "\(path) is not there",
            remedy: "plug the device in, or correct the path of this port")
    }

    static func unsettled(_ node: String) -> PortProblem {
        PortProblem(
            state: .absent, reason: "\(node) is new and udev has not described it yet",
            remedy: "wait a few seconds")
    }

    static func notConnected(_ address: NetworkAddress, _ detail: String) -> PortProblem {
        PortProblem(
            state: .absent, reason: "cannot connect to \(address): \(detail)",
            remedy: "check that the device is on, and its address and port in the configuration")
    }

    static func connecting(_ address: NetworkAddress) -> PortProblem {
        PortProblem(
            state: .absent, reason: "connecting to \(address)", remedy: "wait a few seconds")
    }

    static func opening(_ path: String) -> PortProblem {
        PortProblem(state: .absent, reason: "opening \(path)", remedy: "wait a few seconds")
    }

    /// - Parameter span: since when.
    static func closing(_ path: String, for span: TimeSpan) -> PortProblem {
        guard span < Limits.openPatience else { return hangs("closing \(path)") }
        return PortProblem(
            state: .absent, reason: "\(path) is still being closed",
            remedy: "wait a few seconds")
    }

    // MARK: busy

    static func busy(_ path: String, holder: DeviceHolder?) -> PortProblem {
        guard let holder else {
            return PortProblem(
                state: .busy, reason: "cannot open \(path): another program holds it",
                remedy: "find it with `fuser -v \(path)` as root and stop it")
        }
        return PortProblem(
            state: .busy,
            reason: "cannot open \(path): held by \(holder.program) (pid \(holder.processID))",
            remedy: "stop \(holder.program), or take this port out of the configuration")
    }

    static func addressInUse(_ address: NetworkAddress) -> PortProblem {
        PortProblem(
            state: .busy, reason: "cannot listen on \(address): another program does",
            remedy: "find it with `ss -ltnp 'sport = :\(address.port)'` and stop it, "
                + "or choose another port")
    }

    // MARK: denied

    /// Who asks and what would let them in.
    struct Access {
        var user: String
        /// The group that the node belongs to.
        var group: String
        var groupMayReadAndWrite: Bool
        /// In the group by the books of the system.
        var isMember: Bool
    }

    /// - Parameter device: what is at the path, if it is a device.
    static func denied(
        _ path: String, _ access: Access, _ device: DeviceFacts?
    ) -> PortProblem {
        let (user, group) = (access.user, access.group)
        let start = "cannot open \(path): permission denied; "
        guard access.groupMayReadAndWrite else {
            return PortProblem(
                state: .denied, reason: start + "its group \(group) may not read and write it",
                remedy: device?.grant ?? "chmod g+rw \(path)")
        }
        guard access.isMember else {
            return PortProblem(
                state: .denied, reason: start + "user \(user) is not in group \(group)",
                remedy: "add it: usermod -aG \(group) \(user), then restart tocsind")
        }
        return PortProblem(
            state: .denied,
            reason: start + "user \(user) is in group \(group), but this process started before",
            remedy: "restart tocsind")
    }

    /// EPERM on open: not the file's mode but the device policy of the unit.
    static func forbidden(_ path: String) -> PortProblem {
        PortProblem(
            state: .denied, reason: "cannot open \(path): the device policy of the unit forbids it",
            remedy: "add its class to DeviceAllow= of tocsind.service "
                + "(`grep -E 'tty|hidraw' /proc/devices` names them), then restart")
    }

    static func listenDenied(_ address: NetworkAddress) -> PortProblem {
        PortProblem(
            state: .denied, reason: "cannot listen on \(address): permission denied",
            remedy: "choose a port above 1023, or give the unit "
                + "AmbientCapabilities=CAP_NET_BIND_SERVICE")
    }

    // MARK: unusable

    static func several(_ match: DeviceMatch, _ devices: [DeviceFacts]) -> PortProblem {
        let places = devices.map { "\($0.node) (idPath \($0.idPath ?? "unknown"))" }
        let samePlace = Set(devices.map(\.idPath)).count < devices.count
        let remedy =
            samePlace
            ? "give this port the path of one: "
                + devices.map { $0.links.first ?? $0.node }.joined(separator: " or ")
            : "add one of them to match: "
                + devices.compactMap { $0.idPath.map { "idPath: \($0)" } }.joined(separator: " or ")
        return PortProblem(
            state: .unusable,
            reason: "\(match) fits several devices: \(places.joined(separator: ", "))",
            remedy: remedy)
    }

    static func taken(_ node: String, by name: String) -> PortProblem {
        PortProblem(
            state: .unusable, reason: "\(node) is already used by port \(name)",
            remedy: "make the match of one of the two ports narrower")
    }

    /// It is there and is something else than what was asked for.
    static func wrongKind(_ path: String, _ wanted: DeviceFacts.Subsystem) -> PortProblem {
        wanted == .hidraw ? notHidraw(path) : notATerminal(path)
    }

    private static func notATerminal(_ path: String) -> PortProblem {
        PortProblem(
            state: .unusable, reason: "\(path) is not a serial device",
            remedy: "correct the path of this port")
    }

    static func console(_ path: String) -> PortProblem {
        PortProblem(
            state: .unusable,
            reason: "\(path) is a console of this machine, and no device is at its end",
            remedy: "correct the path of this port; `ls -l /dev/serial/by-id` names adapters. "
                + "Where the line is meant, take it out of console= of the kernel")
    }

    static func terminal(_ path: String, _ node: String, _ holder: DeviceHolder) -> PortProblem {
        let leads = path == node ? "is" : "leads to \(node),"
        return PortProblem(
            state: .unusable,
            reason: "\(path) \(leads) the terminal of \(holder.program) "
                + "(pid \(holder.processID))",
            remedy: "start the program that makes this path again, or correct the path: "
                + "what was there before is gone")
    }

    static func notHidraw(_ path: String) -> PortProblem {
        PortProblem(
            state: .unusable, reason: "\(path) is not a raw HID device",
            remedy: "correct the path of this port; `ls /sys/class/hidraw` names those present")
    }

    static func refusedSettings(
        _ path: String, asked: SerialSettings, got: SerialSettings
    ) -> PortProblem {
        PortProblem(
            state: .unusable, reason: "\(path) was asked for \(asked) and is set to \(got)",
            remedy: "choose settings that its hardware can do")
    }

    static let unread = PortProblem(
        state: .unusable,
        reason: "bytes came, and the station has no room for them or nothing that decodes them",
        remedy: "check the options of this port with `tocsin config check`, and the memory that "
            + "the service may use")

    static func undecodable(_ reason: String) -> PortProblem {
        PortProblem(
            state: .unusable, reason: "the station cannot decode what comes: \(reason)",
            remedy: "correct the protocol and the options of this port; "
                + "`tocsin config check` names what they take")
    }

    static func notAnAddress(_ address: NetworkAddress) -> PortProblem {
        PortProblem(
            state: .unusable,
            reason: "cannot listen on \(address): \(address.host) is no IP address",
            remedy: "use an address of this machine, or 0.0.0.0 or [::] for all of them",
            isFinal: true)
    }

    /// - Parameter what: is being done with the node: `opening /dev/ttyUSB0`.
    static func hangs(_ what: String) -> PortProblem {
        let seconds = Limits.openPatience.microseconds / 1_000_000
        return PortProblem(
            state: .unusable, reason: "\(what) takes longer than \(seconds) s: its driver hangs",
            remedy: "unplug the device and plug it in again; if that does not help, see the "
                + "kernel's messages, journalctl -k, and start the machine anew")
    }

    static func failed(_ what: String, _ code: Int32) -> PortProblem {
        PortProblem(
            state: .unusable, reason: "\(what): \(errorText(code))",
            remedy: "see the kernel's messages: journalctl -k")
    }
}

extension DeviceFacts {
    /// What gives the group of a node access to it.
    fileprivate var grant: String {
        guard subsystem == .hidraw, let vendor, let product else {
            return "install the udev rules of tocsin, or chmod g+rw \(node)"
        }
        return "install the udev rules of tocsin, where a device that is not named needs a line: "
            + "ATTRS{idVendor}==\"\(vendor)\", ATTRS{idProduct}==\"\(product)\", "
            + "GROUP=\"plugdev\", MODE=\"0660\""
    }
}

/// The system's words for an `errno`.
func errorText(_ code: Int32) -> String {
    var text = [CChar](repeating: 0, count: 128)
    let size = text.count
    return unsafe text.withUnsafeMutableBufferPointer { buffer in
        guard let start = buffer.baseAddress, unsafe strerror_r(code, start, size) == 0 else {
            return "error \(code)"
        }
        return unsafe String(cString: start)
    }
}
