import Glibc

/// The calls on a device's node that its driver may keep for as long as it likes. A test has slow
/// ones.
struct NodeCalls: Sendable {
    var openSerial: @Sendable (String, SerialSettings) throws(SerialPort.Refusal) -> OpenNode
    /// False: throws away what came before.
    var setSerial: @Sendable (Int32, SerialSettings, _ keepingInput: Bool) -> Void
    var openHidraw: @Sendable (String) throws(NodeRefusal) -> OpenNode
    var closeSerial: @Sendable (Int32) -> Void
    var closeHidraw: @Sendable (Int32) -> Void

    static let kernel = NodeCalls(
        openSerial: { (node, settings) throws(SerialPort.Refusal) in
            try SerialPort.open(node, settings)
        },
        setSerial: { descriptor, settings, keepingInput in
            SerialPort.retune(descriptor, settings, keepingInput: keepingInput)
        },
        openHidraw: { (node) throws(NodeRefusal) in OpenNode(descriptor: try openAlone(node)) },
        closeSerial: { SerialPort.close($0) },
        closeHidraw: { Glibc.close($0) })
}
