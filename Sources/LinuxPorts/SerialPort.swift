import CLinux
import Glibc

/// The calls of a tty. Opened for one port, it is held alone, raw, and as the configuration wants
/// it.
enum SerialPort {
    /// Why a tty was not opened.
    enum Refusal: Error, Equatable {
        case node(NodeRefusal)
        case notATerminal
        /// The driver took the settings and made others of them.
        case otherSettings(SerialSettings)
    }

    /// Throws nothing away that was received before. It waits for nothing, but a driver may take
    /// its time.
    static func open(
        _ path: String, _ settings: SerialSettings
    ) throws(Refusal) -> OpenNode {
        let descriptor = unsafe Glibc.open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw refusal(errno) }
        do throws(Refusal) {
            var node = stat()
            unsafe fstat(descriptor, &node)
            guard node.st_mode & S_IFMT == S_IFCHR else { throw .notATerminal }
            // A pseudo-terminal has no line, so it drops seven bits and parity without a word, and
            // nobody minds.
            let isPseudo = TerminalNumber.isPseudo(node.st_rdev)
            try lock(descriptor, isPseudo: isPseudo)
            try configure(descriptor, settings, isPseudo: isPseudo)
            let isSlow = isPseudo ? false : !lowerLatency(descriptor, path)
            return OpenNode(descriptor: descriptor, marksErrors: !isPseudo, isSlow: isSlow)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    /// Gives up what was not sent, because close would wait for it.
    static func close(_ descriptor: Int32) {
        tcflush(descriptor, TCOFLUSH)
        _ = ioctl(descriptor, UInt(TIOCNXCL))
        Glibc.close(descriptor)
    }

    private static func refusal(_ code: Int32) -> Refusal {
        code == ENOTTY ? .notATerminal : .node(NodeRefusal(code))
    }

    /// The lock keeps out programs that ask for it; the exclusive mode those that do not. A
    /// pseudo-terminal gets the lock only: its exclusive mode would outlive a killed daemon.
    private static func lock(_ descriptor: Int32, isPseudo: Bool) throws(Refusal) {
        do throws(NodeRefusal) { try lockAlone(descriptor) } catch { throw .node(error) }
        guard !isPseudo, ioctl(descriptor, UInt(TIOCEXCL)) != 0 else { return }
        // A mocked tty knows no such thing.
        if errno != ENOTTY { throw refusal(errno) }
    }

    /// Sets an open tty anew. One that cannot be set so stays as it was.
    static func retune(_ descriptor: Int32, _ settings: SerialSettings, keepingInput: Bool) {
        var node = stat()
        unsafe fstat(descriptor, &node)
        do throws(Refusal) {
            try configure(
                descriptor, settings, isPseudo: TerminalNumber.isPseudo(node.st_rdev))
        } catch {
            return
        }
        if !keepingInput { tcflush(descriptor, TCIFLUSH) }
    }

    private static func configure(
        _ descriptor: Int32, _ settings: SerialSettings, isPseudo: Bool
    ) throws(Refusal) {
        var attributes = termios()
        guard unsafe tcgetattr(descriptor, &attributes) == 0 else { throw refusal(errno) }
        let speed = unsafe settings.standardSpeed ?? cfgetospeed(&attributes)
        unsafe cfmakeraw(&attributes)
        // Errors are marked only while they are checked, with or without a parity bit.
        attributes.c_iflag = isPseudo ? 0 : tcflag_t(INPCK | PARMRK)
        attributes.c_cflag = settings.controlFlags
        unsafe withUnsafeMutableBytes(of: &attributes.c_cc) { characters in
            unsafe characters[Int(VMIN)] = 1
            unsafe characters[Int(VTIME)] = 0
        }
        unsafe cfsetispeed(&attributes, speed)
        unsafe cfsetospeed(&attributes, speed)
        guard unsafe tcsetattr(descriptor, TCSANOW, &attributes) == 0 else {
            throw refusal(errno)
        }
        if settings.standardSpeed == nil, linux_set_baud(descriptor, settings.baud) != 0 {
            throw .otherSettings(try current(descriptor))
        }
        if isPseudo { return }
        let set = try current(descriptor)
        if !settings.isMet(by: set) { throw .otherSettings(set) }
    }

    /// What the tty is set to now.
    private static func current(_ descriptor: Int32) throws(Refusal) -> SerialSettings {
        var attributes = termios()
        guard unsafe tcgetattr(descriptor, &attributes) == 0 else { throw refusal(errno) }
        let code = unsafe cfgetospeed(&attributes)
        let rate = baud(of: descriptor) ?? SerialSettings.baud(of: code) ?? 0
        return SerialSettings(controlFlags: attributes.c_cflag, baud: rate)
    }

    /// The rate that the driver really set; nil when it does not say.
    static func baud(of descriptor: Int32) -> UInt32? {
        var baud: UInt32 = 0
        return unsafe linux_get_baud(descriptor, &baud) == 0 ? baud : nil
    }

    /// Makes the driver hand bytes over at once, and close() not wait. False when an adapter has a
    /// latency timer that could not be lowered; the port works all the same, 15 ms later.
    private static func lowerLatency(_ descriptor: Int32, _ path: String) -> Bool {
        _ = linux_set_low_latency(descriptor)
        _ = linux_set_no_closing_wait(descriptor)
        guard let name = path.split(separator: "/").last else { return true }
        let timer = "/sys/bus/usb-serial/devices/\(name)/latency_timer"
        guard let value = readSmallFile(timer), value.trimmingWhitespace() != "1" else {
            return true
        }
        let file = unsafe Glibc.open(timer, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { Glibc.close(file) }
        return unsafe write(file, "1", 1) == 1
    }
}

extension SerialSettings {
    /// Whether a tty that reads back as `set` works as these settings want. Hardware divides its
    /// clock, so a rate within 3 % is the rate; a receiver stands 4 to 5 %.
    func isMet(by set: SerialSettings) -> Bool {
        let difference = baud > set.baud ? baud - set.baud : set.baud - baud
        return set.format == format && set.flowControl == flowControl
            && UInt64(difference) * 100 <= UInt64(baud) * 3
    }
}
