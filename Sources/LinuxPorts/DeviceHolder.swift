import AlarmModel
import Glibc

/// The program that has a device open.
struct DeviceHolder: Equatable, Sendable {
    var program: String
    var processID: Int32

    /// Looks through /proc for a process that has `node` open. Finds those that this user may look
    /// into, and gives up after `Limits.holderSearchFilesMax` files.
    ///
    /// - Parameter known: asked first, so that a port tried again and again costs one process.
    static func of(_ node: String, known: DeviceHolder?) -> DeviceHolder? {
        var budget = Limits.holderSearchFilesMax
        if let known, holds(known.processID, node, &budget) { return known }
        for entry in directoryEntries("/proc") {
            guard budget > 0, let processID = Int32(entry) else { continue }
            guard holds(processID, node, &budget) else { continue }
            let name = readSmallFile("/proc/\(processID)/comm")?.trimmingWhitespace()
            return DeviceHolder(program: name ?? "a program", processID: processID)
        }
        return nil
    }

    /// The program whose terminal this is: somebody works there, and a port would take what is
    /// typed.
    ///
    /// - Parameter known: asked first.
    static func ofTerminal(_ number: dev_t, known: DeviceHolder?) -> DeviceHolder? {
        if let known, worksAt(number, known.processID) { return known }
        let processes = directoryEntries("/proc").compactMap { Int32($0) }
        // The newest first: whoever took the terminal over came after what a link was made for.
        for processID in processes.suffix(Limits.terminalSearchMax).reversed()
        where worksAt(number, processID) {
            let name = readSmallFile("/proc/\(processID)/comm")?.trimmingWhitespace()
            return DeviceHolder(program: name ?? "a program", processID: processID)
        }
        return nil
    }

    /// By the fifth field behind the name in `/proc/PID/stat`: the controlling terminal.
    private static func worksAt(_ number: dev_t, _ processID: Int32) -> Bool {
        guard let text = readSmallFile("/proc/\(processID)/stat"),
            let end = text.lastIndex(of: ")")
        else { return false }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 4, let terminal = Int32(fields[4]) else { return false }
        return UInt32(bitPattern: terminal) == TerminalNumber.encoded(number)
    }

    private static func holds(_ processID: Int32, _ node: String, _ budget: inout Int) -> Bool {
        let folder = "/proc/\(processID)/fd"
        for entry in directoryEntries(folder) where budget > 0 {
            budget -= 1
            if linkTarget("\(folder)/\(entry)") == node { return true }
        }
        return false
    }
}

/// The names in a folder; none when it cannot be read.
private func directoryEntries(_ path: String) -> [String] {
    guard let folder = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(folder) }
    var names: [String] = []
    while let entry = unsafe readdir(folder) {
        unsafe withUnsafeBytes(of: &entry.pointee.d_name) { name in
            unsafe names.append(String(decoding: name.prefix { $0 != 0 }, as: UTF8.self))
        }
    }
    return names
}

/// What a symbolic link says; nil when it is none.
func linkTarget(_ path: String) -> String? {
    var target = [CChar](repeating: 0, count: Int(PATH_MAX))
    let room = target.count
    let count = unsafe target.withUnsafeMutableBufferPointer { buffer in
        guard let start = buffer.baseAddress else { return -1 }
        return unsafe readlink(path, start, room)
    }
    guard count > 0 else { return nil }
    return String(decoding: target[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
}
