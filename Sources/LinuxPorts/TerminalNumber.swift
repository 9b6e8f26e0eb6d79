import CLinux
import Glibc

/// What the number of a terminal's node says of it: see `Documentation/admin-guide/devices.txt` of
/// the kernel.
enum TerminalNumber {
    /// A Unix98 pseudo-terminal, the end that has a name.
    static func isPseudo(_ number: dev_t) -> Bool {
        (136...143).contains(linux_device_major(number))
    }

    /// A screen of the machine, whatever terminal the asking process has, the door to new
    /// pseudo-terminals, or where the kernel writes its messages: none has a device at its end.
    static func isConsole(_ number: dev_t) -> Bool {
        let (major, minor) = (linux_device_major(number), linux_device_minor(number))
        if (4...5).contains(major), minor < 64 { return true }
        let consoles = readSmallFile("/proc/consoles") ?? ""
        return consoles.split(separator: "\n").contains { $0.hasSuffix(" \(major):\(minor)") }
    }

    /// As `/proc/PID/stat` writes it.
    static func encoded(_ number: dev_t) -> UInt32 {
        let (major, minor) = (linux_device_major(number), linux_device_minor(number))
        return minor & 0xFF | major << 8 | (minor & ~0xFF) << 12
    }
}
