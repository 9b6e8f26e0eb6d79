extension WrongConfiguration {
    private static let takesPipe =
        "; it takes an absolute path, one that begins with '/', or - for standard input"
    private static let noLine = "; leave it out; it has no line"

    /// HID devices and pipes.
    static let devices = [
        port(
            "a HID device that says nothing", "hidraw: {}",
            "5:13: 'hidraw' says nothing; "
                + "give a path, or marks of a USB device such as its serial"),
        port(
            "a HID device inside a match", "match: {hidraw: {vendor: 1d34}}",
            "5:12: 'match' says nothing; "
                + "give a path, or marks of a USB device such as its serial",
            "5:13: 'hidraw' is not a setting of 'match'; "
                + "known are path, vendor, product, serial, interface, idPath"),
        port(
            "marks of a HID device that cannot be",
            "hidraw: {vendor: 1d3, product: 0x0d, interface: x}",
            "5:22: '1d3' is no value for 'vendor'; "
                + "it takes a USB id of four hexadecimal digits, such as 0403",
            "5:36: '0x0d' is no value for 'product'; "
                + "it takes a USB id of four hexadecimal digits, such as 0403",
            "5:53: 'x' is no value for 'interface'; "
                + "it takes a USB interface of two hexadecimal digits, such as 00"),
        port(
            "a path of a HID device beside marks", "hidraw: {path: /dev/hidraw0, vendor: 1d34}",
            "5:42: 'vendor' is not looked at beside 'path'; keep the path or the marks"),
        port(
            "serial settings on a HID device",
            "hidraw: {vendor: 1d34}\n    serial: {baud: 300}",
            "6:13: 'serial' says nothing about a HID device" + noLine),
        port(
            "a HID device that is also a tty", "match: {path: /dev/ttyS0}\n    hidraw: {serial: X}",
            "6:13: a port has both 'match' and 'hidraw'; "
                + "make two ports of it, or keep one of the two"),
        file(
            "the same button twice",
            """
            station: {id: a}
            ports:
              - {name: one, protocol: surgard, hidraw: {vendor: 1D34}}
              - {name: two, protocol: surgard, hidraw: {vendor: 1d34}}
              - {name: three, protocol: surgard, match: {vendor: 1d34}}
            """,
            "4:44: the HID device vendor 1d34 is already the port on line 3; "
                + "let each port have a device or address of its own"),
        port(
            "a pipe that says nothing", "pipe: {}",
            "5:11: 'pipe' has no 'path'; add one such as 'path: /run/tocsin/rtl433.fifo'"),
        port(
            "a pipe at a relative path", "pipe: {path: rtl433.fifo}",
            "5:18: 'rtl433.fifo' is no value for 'path'" + takesPipe),
        port(
            "a pipe with what belongs to others", "pipe: {path: /run/x, mode: 0660}",
            "5:26: 'mode' is not a setting of 'pipe'; known are path"),
        port(
            "serial settings on a pipe", "pipe: {path: \"-\"}\n    serial: {baud: 300}",
            "6:13: 'serial' says nothing about a pipe" + noLine),
        file(
            "standard input twice, and a FIFO twice",
            """
            station: {id: a}
            ports:
              - {name: one, protocol: surgard, pipe: {path: "-"}}
              - {name: two, protocol: surgard, pipe: {path: "-"}}
              - {name: three, protocol: surgard, pipe: {path: /run/x}}
              - {name: four, protocol: surgard, pipe: {path: /run/x}}
            """,
            "4:42: reading standard input is already the port on line 3; "
                + "let each port have a device or address of its own",
            "6:43: reading /run/x is already the port on line 5; "
                + "let each port have a device or address of its own"),
    ]
}
