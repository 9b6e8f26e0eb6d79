/// Every bound of the station, once. At a bound telemetry gives way, alarms never: where alarms
/// would overflow, the station stops reading and the bytes wait in the kernel.
public enum Limits {
    // MARK: reading

    /// Bytes one port's ring holds; the largest frame of any protocol fits many times.
    public static let ringBytes = 65_536
    /// Bytes of both directions kept per port for a dump after a decode error.
    public static let captureRingBytes = 16_384
    /// The same for a connection of a listener, because there may be many.
    public static let connectionCaptureBytes = 4_096
    /// Bytes waiting to be written to one port; more than that and the port is closed as stuck.
    public static let portOutputBytesMax = 65_536
    /// Connections of one TCP listener, or peers of one UDP listener.
    public static let connectionsPerListenerMax = 10_000
    /// Connections and peers of all listeners together. Each may hold a ring, which takes two of
    /// the 65,530 mappings that the kernel allows a process (vm.max_map_count).
    public static let connectionsMax = 20_000
    /// Rings kept for whichever port is read next; what is read is mostly decoded at once, so few
    /// ports need one at the same time.
    public static let spareRingsMax = 64
    /// Bytes of one read, so that a port that is fast does not keep what others need warm.
    public static let readsPerTurnBytes = 32_768
    /// Bytes read in one turn of the loop, all ports together. The ports that have something to say
    /// share them, and the connections of a listener share its part.
    public static let bytesPerTurnMax = 65_536
    /// What it may take to decide on so many bytes. A port whose bytes cost more is read less of.
    public static let turnWork = TimeSpan.milliseconds(3)
    /// Bytes that are read of a port before it is known what they cost.
    public static let readStartBytes = 2_048
    /// The least that one of them gets, and what any read counts as: a call of the kernel and of
    /// the decoder cost as much. A report of a HID device fits.
    public static let readShareBytesMin = 512

    // MARK: captures

    /// Bytes of one record of a capture file; Wireshark refuses packets that are larger.
    public static let captureRecordBytesMax = 262_144
    /// Bytes of one note or name in a capture file.
    public static let captureTextBytesMax = 4_096
    /// Bytes of one block of a capture file that is read; a longer one counts as damage.
    public static let captureBlockBytesMax = 1_048_576
    /// Ports described in one section of a capture file that is read.
    public static let captureInterfacesMax = 16_384

    // MARK: station

    /// Events that wait for the ledger. Reaching it stops the reading of ports.
    public static let pendingEventsMax = 10_000
    /// Frames of which a resend is recognised, of all senders together.
    public static let repeatsMax = 16_384
    /// Devices of one answer of the desk: the loop copies them between two turns.
    public static let devicesPerAnswerMax = 1_000
    /// Devices whose state is kept; the longest silent one gives way.
    public static let devicesMax = 200_000
    /// Events read back at start-up to recognise repeats.
    public static let recoveredEventsMax = 10_000
    /// Alerts that later events can join. Beyond it the gravest stay, and the others are worked on
    /// as the ledger has them.
    public static let ongoingAlertsMax = 100_000
    /// Alerts beyond that, or ended, of which it is remembered how they were left: what the ledger
    /// shows may be older.
    public static let recentAlertsMax = 1_024
    /// How long an alert may be put aside before it is raised again.
    public static let parkingMax = TimeSpan.seconds(24 * 3_600)

    // MARK: ledger

    /// Records that one transaction takes.
    public static let recordsPerCommitMax = 4_096
    /// How soon it is noticed that the ledger's file was removed or replaced.
    public static let ledgerLook = TimeSpan.seconds(1)
    /// How long the ledger waits before it tries again after the disk was full.
    public static let ledgerRetry = TimeSpan.seconds(1)
    /// How long a statement waits for another program that holds the ledger's write lock.
    public static let ledgerBusyWait = TimeSpan.seconds(1)
    /// Connections that read the ledger at the same time; further readers wait for one.
    public static let ledgerReadersMax = 4
    /// Pages of 4 KiB that the ledger's log grows by before they are copied into the database,
    /// while commits go on.
    public static let ledgerCheckpointPages = 1_000
    /// Pages that the log should not exceed. When it comes near, because readers, or commits
    /// without a pause between them, have kept it from beginning anew, a commit makes it do so.
    public static let ledgerLogPages = 4_000
    /// As many pages a commit copies itself; the others have been copied beside it.
    public static let ledgerCommitPages = 64
    /// The length of that log: 32 bytes, and 24 more before each page.
    public static let ledgerLogBytes = 32 + ledgerLogPages * (24 + 4_096)
    /// What the log may keep on the disk after something, such as a long audit, let it grow.
    public static let ledgerLogBytesMax = 64 * 1_024 * 1_024
    /// The largest ledger that is checked as a whole after an unclean end: a second or two of
    /// start-up, during which nothing is received.
    public static let ledgerCheckBytesMax = 256 * 1_024 * 1_024
    /// Space for the ledger below which the station is degraded: room for half a million presses,
    /// so that somebody can act before the last byte is gone.
    public static let ledgerFreeBytesMin = 256 << 20
    /// The same for files, of which the ledger needs a few at each start.
    public static let ledgerFreeFilesMin = 100
    /// Room for so many days at the pace of the last hour is too little.
    public static let ledgerDaysMin = 30
    /// Growth that is no pace yet: it comes in steps, as the log is copied.
    public static let ledgerGrowthMin = 64 << 20
    /// How far back the pace is measured.
    public static let ledgerPaceSpan = TimeSpan.seconds(3_600)
    /// How often the free space is looked at.
    public static let diskLook = TimeSpan.seconds(5)
    /// Damaged ledgers that are kept beside the one in use. With more the disk is no use.
    public static let damagedLedgersMax = 100
    /// Newest event ids that are read with one alert.
    public static let alertEventsMax = 1_000

    // MARK: stream

    /// Events buffered for one stream client before it is told of a gap.
    public static let streamClientEventsMax = 1_024
    /// Clients of the stream: every desk, every `tocsin watch` and every program of a large site.
    public static let streamClientsMax = 1_000
    /// Places besides, for clients over the socket: whoever may open it is never locked out by
    /// those that come over the network.
    public static let streamsReservedForSocket = 24
    /// Positions and check-ins buffered for one stream client; the oldest give way, untold.
    public static let streamClientTelemetryMax = 256
    /// Items that one write to a stream client takes, so that what is on its way stays small
    /// beside what is buffered.
    public static let itemsPerWriteMax = 64
    /// How often an idle stream says that it lives.
    public static let streamKeepAlive = TimeSpan.seconds(15)
    /// How soon a browser comes back to a stream that has ended.
    public static let streamRetry = TimeSpan.seconds(2)
    /// The longest pause between two signs of life that a client may ask for.
    public static let aliveSecondsMax = 60
    /// Records of one page when a client reads the past.
    public static let eventsPerPageMax = 500

    // MARK: desk

    /// HTTP connections of all addresses together; they take file descriptors that ports need. All
    /// streams fit, and beside them as many as people at work need for their questions and orders.
    public static let deskConnectionsMax = 1_280
    /// Connections besides, for the socket alone.
    public static let connectionsReservedForSocket = 64
    /// How long a new connection gets to send the head of its first request.
    public static let requestHeadPatience = TimeSpan.seconds(5)
    /// How long the body of a request may take, all of it.
    public static let requestBodyPatience = TimeSpan.seconds(30)
    /// How long a connection is kept between two requests.
    public static let deskIdleMax = TimeSpan.seconds(30)
    /// How soon an address that the desk cannot listen on is tried again; the rest doubles with
    /// each attempt. A bind costs nothing, and people wait for it: the longest is short.
    public static let listenRetry = TimeSpan.seconds(1)
    public static let listenRetryMax = TimeSpan.seconds(2)
    /// How long a client may leave what was written to it unread before it is cut off. Several
    /// times ``streamKeepAlive``, which is what an idle stream writes.
    public static let deskStallMax = TimeSpan.seconds(60)
    /// Bytes of an answer that are written at once: whoever takes as many within ``deskStallMax``
    /// is slow, and not stalled.
    public static let answerPieceBytes = 65_536
    /// How long open answers get to end by themselves when the daemon stops.
    public static let deskGrace = TimeSpan.milliseconds(500)
    public static let requestHeaderBytesMax = 16_384
    public static let requestBodyBytesMax = 65_536
    /// Characters of the name of the desk that gives an order.
    public static let deskNameMax = 64
    /// Bytes of what somebody writes beside an order.
    public static let orderNoteBytesMax = 4_096
    /// Orders of one request for many alerts that are on their way together.
    public static let ordersAtOnceMax = 256
    /// Presses of one subject and kind from one peer in a second that are each a row: more, and for
    /// longer than ``pressesAtOnceMax`` covers, no person presses.
    public static let pressesPerSecondMax = 10
    /// The same after a rest, so that whatever a device has kept comes in row by row.
    public static let pressesAtOnceMax = 100
    /// How often presses beyond that become one row, with their count.
    public static let stormRowEvery = TimeSpan.seconds(1)
    /// Callers whose presses are gathered at the same time; those of others are rows.
    public static let stormsMax = 1_024
    /// Rows that gather at the same time for one caller.
    public static let stormRowsMax = 64
    /// Answers that wait for one such row. Whoever gets none says it again.
    public static let stormRepliesMax = 256
    /// Subjects and kinds whose pace is remembered; the longest silent one gives way.
    public static let pacesMax = 16_384
    /// Events of one port in a second that are no flood yet, all its senders together, and as many
    /// times ten at once.
    public static let eventsPerPortMax = 100
    /// How long a port that floods is called that when it has ended.
    public static let floodRest = TimeSpan.seconds(60)
    /// How soon a person is told of it once more.
    public static let floodTold = TimeSpan.seconds(3_600)
    /// Answers that one connection gets in a second to what tells nothing new: many times what a
    /// forwarding receiver with thousands of accounts needs. Those to presses are never counted.
    public static let answersPerSecondMax = 5_000
    /// How long whoever gives an order waits to hear that it is durable. Longer than any commit of
    /// a disk that works.
    public static let orderAnswerMax = TimeSpan.seconds(5)
    /// Alerts of one answer, and the most that `?limit=` can ask for.
    public static let alertsPerAnswerMax = 10_000
    /// Characters that the beginning of an alert's id needs to stand for it. With fewer, a word
    /// that was meant for something else could name an alert.
    public static let alertPrefixMin = 4
    /// Alerts named to somebody who wrote the beginning of several.
    public static let alertNamesakesMax = 5
    /// Bytes of one line that the command line accepts from the desk.
    public static let answerLineBytesMax = 1 << 20
    /// Bytes of one whole answer that the command line accepts from the desk.
    public static let answerBytesMax = 64 << 20

    /// How long `tocsin watch` may hear nothing before it takes the station for lost. It asks for
    /// a sign of life three times in that.
    public static let watchSilence = TimeSpan.seconds(15)
    /// The longest rest between two attempts of `tocsin watch` to reach the station again.
    public static let watchRetryMax = TimeSpan.seconds(5)
    /// How often `tocsin watch` says that there is still no station.
    public static let watchReminder = TimeSpan.seconds(10)

    // MARK: daemon

    /// Files open besides the ports: those of the desk's clients, the ledger and the captures.
    /// Connections of devices leave so many free, or a quarter of what there is where that is less.
    public static let otherFilesMax = 2_048
    /// Messages from other threads that wait for the loop.
    public static let loopInboxMax = 4_096
    /// How often the loop shows its state to the desk.
    public static let statusInterval = TimeSpan.milliseconds(250)
    /// How old that state may be before the loop is said to hang: one that turns has shown a newer
    /// one by then.
    public static let statusAgeMax = TimeSpan.milliseconds(500)
    /// A step of the wall clock that is told; what time services correct by is far smaller.
    public static let clockStepMin = TimeSpan.seconds(1)
    /// How long health shows such a step.
    public static let clockStepShown = TimeSpan.seconds(3_600)
    /// A clock that says an earlier time, 2026-01-01, has lost it: there was no Tocsin then.
    public static let clockEarliest = WallTime(microseconds: 1_767_225_600_000_000)
    /// Lines of the journal that wait for a slow reader; what finds no room is counted.
    public static let journalLinesMax = 4_096
    /// Bytes of one such line, or of one field; what is longer is cut.
    public static let journalLineBytesMax = 8_192
    /// How long the end of the daemon waits for the journal's reader.
    public static let journalFlushMax = TimeSpan.seconds(1)
    /// Words to systemd that wait for it: more than are said while it is away for minutes.
    public static let serviceManagerWordsMax = 256
    /// How long the end of the daemon waits for systemd to take them.
    public static let serviceManagerFlushMax = TimeSpan.milliseconds(500)
    /// Ports whose opening, or closing, is told one by one within a ``statusInterval``; the others
    /// are summed up, because a reload can touch hundreds.
    public static let portLinesMax = 8
    /// Capture files kept after decode errors, each at most a ``captureRingBytes`` and its frame;
    /// the oldest gives way, but for the first of each port and sort of damage.
    public static let captureFilesMax = 100
    /// How long a port rests between two captures of damage that it has shown before.
    public static let captureRest = TimeSpan.seconds(60)
    /// Captures that wait for the disk; more than that are not kept.
    public static let capturesWaitingMax = 16
    /// Live captures at a time, and records buffered for each.
    public static let tapsMax = 8
    public static let tapRecordsMax = 4_096

    // MARK: ports

    /// How soon a port that could not be opened is tried again without a word from udev.
    public static let portRetry = TimeSpan.seconds(1)
    /// How soon one is that opens and cannot be decoded.
    public static let unreadRetry = TimeSpan.seconds(30)
    /// The longest rest between two attempts to connect to a TCP port.
    public static let connectRetryMax = TimeSpan.seconds(30)
    /// How long one address of a TCP port may take to answer.
    public static let connectPatience = TimeSpan.seconds(10)
    /// How long a serial server gets to confirm the settings of its line before that is told.
    public static let serialServerPatience = TimeSpan.seconds(5)
    /// How long an accepted connection whose peer has sent its last byte is kept for the replies.
    public static let halfClosedRest = TimeSpan.seconds(5)
    /// How long the peer of a listener may be silent once it has sent a frame, unless the port is
    /// configured otherwise: locators report at least every few minutes.
    public static let peerIdle = TimeSpan.seconds(1_800)
    /// How long it may be silent before that.
    public static let strangerPatience = TimeSpan.seconds(60)
    /// Peers from one address that have not sent a frame yet. A carrier puts many handsets behind
    /// one address, so those that have sent one are not counted.
    public static let strangersPerAddressMax = 1_000
    /// Places of one listener that devices leave to newcomers: whoever has an alarm gets in,
    /// however many are there. Several times what is accepted in one turn, so that each is heard
    /// first.
    public static let newcomersMax = 256
    /// Silent peers of one listener closed before the ports get their turn.
    public static let reapedPerTurnMax = 64
    /// Peers asked whether their bytes wait in the kernel before one of them gives way all the
    /// same.
    public static let replacementsTriedMax = 8
    /// How long a TCP peer may leave what was sent to it, or a keep-alive, unanswered.
    public static let halfOpenPatience = TimeSpan.seconds(120)
    /// What the kernel is asked to keep of datagrams that arrive faster than they are read.
    public static let datagramBufferBytes = 4 << 20
    /// How soon the devices are looked through again without a word from udev while one is missing.
    public static let deviceRescan = TimeSpan.seconds(10)
    /// How long a new device waits for udev to describe it before it is taken as it is.
    public static let udevPatience = TimeSpan.seconds(5)
    /// Bytes of one report of a hidraw device, as many as a USB packet holds; a longer one is cut.
    public static let hidReportBytesMax = 64
    /// How soon it is noticed that a FIFO was removed, or another put in its place.
    public static let fifoCheck = TimeSpan.seconds(2)
    /// How long a driver may take to open or to close a device before that is told.
    public static let openPatience = TimeSpan.seconds(5)
    /// Calls that may take long, for ports, at a time: one for each that is being opened or closed,
    /// or asks the name service, each on a thread of its own. Past that a port waits its turn.
    public static let errandsMax = 1_024
    /// Ports that are served in one turn of the loop, and connections of one listener; the kernel
    /// begins with the others next time. As many as can share what is read.
    public static let readyPerTurnMax = bytesPerTurnMax / readShareBytesMin
    /// Ports tried, and peers given up, before those that have something to say get their turn.
    public static let duesPerTurnMax = 64
    /// The least time between two looks through all devices, each of which takes milliseconds: one
    /// that comes and goes without end must not cost more.
    public static let deviceScanRest = TimeSpan.milliseconds(100)
    /// Connections that one listener accepts before the ports get their turn.
    public static let acceptsPerTurnMax = 64
    /// Messages from udev taken in one turn of the loop.
    public static let udevMessagesPerTurnMax = 1_024
    /// Programs asked whether a pseudo-terminal is theirs before it is opened as a port.
    public static let terminalSearchMax = 2_000
    /// Open files of other programs looked at to find out who holds a port.
    public static let holderSearchFilesMax = 20_000

    // MARK: sniffing

    /// How long after setting a line what comes may still be from before: an adapter's buffer.
    public static let sniffSettling = TimeSpan.milliseconds(20)
    /// How long a pause of the line ends what was said: longer than any between two bytes.
    public static let sniffRest = TimeSpan.milliseconds(100)
    /// How long nothing may follow before few frames are all that a device had to say.
    public static let sniffPatience = TimeSpan.seconds(2)
    /// Bytes in frames that a protocol with a checksum has to understand.
    public static let sniffCheckedBytes = 16
    /// The same for one whose grammar is all that tells its frames from noise.
    public static let sniffGrammarBytes = 40
    /// Times that something is said without an error, and not understood, before another setting is
    /// tried.
    public static let sniffVainBursts = 2
    /// The same for single octets, and where all is understood and too little to tell.
    public static let sniffSmallBursts = 3
    public static let sniffUnderstoodBursts = 6
    /// Frames that say no more than "I am here" before a protocol without a checksum is believed.
    public static let sniffCheckIns = 4
    /// Bytes without an error that no protocol understands before another setting is tried.
    public static let sniffUnexplainedBytes = 2_048
    /// Parity and framing errors that speak against a setting, and not for a single disturbance.
    public static let sniffErrors = 8
    /// The same where the listening began in the middle of a message.
    public static let sniffCutErrors = 24
    /// Bytes kept at one setting; several times the longest frame on a serial line.
    public static let sniffKeptBytes = 16_384
    /// Bytes taken from such a line at a time.
    public static let sniffReadBytes = 4_096
    /// How long a line is silent before somebody who allowed it has the first question asked, and
    /// how long each question waits for its answer.
    public static let sniffSilence = TimeSpan.seconds(3)
    public static let sniffAnswer = TimeSpan.seconds(1)
    /// Settings and protocols of which it is remembered what spoke for them.
    public static let sniffEvidenceMax = 64

    // MARK: configuration

    public static let configurationBytesMax = 1 << 20
    public static let configuredPortsMax = 1_000
    /// Addresses that the desk listens on.
    public static let listenAddressesMax = 16
    /// Names besides its own under which the desk is asked for.
    public static let hostsMax = 64
    /// Options of one port, nested ones and the mappings around them included.
    public static let portOptionsMax = 1_000
    /// Bytes of one value in the configuration.
    public static let configurationValueBytesMax = 4_096
    /// Mistakes told at once; a file with more is some other file.
    public static let configurationProblemsMax = 100
    /// Keys written twice that are told at once; each costs another pass over the file.
    public static let repeatedKeysMax = 20
}
