/** The help drawer: what a page is for and what it does, in a few true sentences. */
export interface HelpEntry {
  readonly title: string;
  readonly lines: readonly string[];
  /** What is true of one protocol alone, shown where it is spoken. */
  readonly of?: Readonly<Record<string, readonly string[]>>;
}

/** Longest matching address prefix wins. */
export const helpByPath: Record<string, HelpEntry> = {
  "/": {
    title: "Plant",
    lines: [
      "Zones by Purdue level, the conduits between them, and the assets you may see. Choose an asset to see what you may do there, and Open to start a session with your best grant.",
      "Everything you do in a session is decided operation by operation, and recorded before it reaches the asset.",
      "If you have no grant for an asset, an administrator of this site can give you one.",
      "A tool on your own machine reaches an asset by the command that its panel shows: sallyport connect opens a port there, for your account alone, and the same rules and recording apply.",
      "A key switch stands at the plant: while it is off, or the broker cannot read it, no session opens on what it covers.",
      "An asset of SSH or OPC UA, or a web panel over TLS, proves itself by a key or certificate. Where the plant file pins none, an administrator asks the asset, compares the fingerprint with the asset itself and accepts it with the passkey, on the asset's panel. One that was not accepted, or has changed, is told nothing: the session is refused and an alarm rings. Withdrawing or replacing it ends the sessions that run there. A pin of the plant file goes before what was accepted.",
    ],
  },
  "/sessions": {
    title: "Session",
    lines: [
      "You are connected to one endpoint of one asset, under one grant. The bar shows the time left, what you may do and whether recording works.",
      "A write that a rule refuses never reaches the asset; the rule is named where it happened.",
      "Endpoints of one asset can be opened beside each other, by Open beside above the work or all at once from the plant: they are one visit, each in a tab, and all of them stay connected. End visit ends all of it, as does who cuts or freezes one of its sessions.",
      "Some sessions need a supervisor who watches, and some the control room's consent before they begin. Left alone, such a session can look but change nothing, and goes on by itself when a supervisor is back.",
      "The session ends when you end it, when your time is up, after a while without a touch of yours, or when someone entitled ends it.",
    ],
    of: {
      modbus: [
        "Over Modbus: Tags shows the named points of the plant file, read as often as you choose within what the endpoint allows; Bounds are what your own profile lets you write. Tables reads registers by their address, Trends draws up to eight tags, and Log lists what you did by hand and all that was refused.",
      ],
      opcua: [
        "Over OPC UA: the tree browses a node when you open it; arrow keys move and open, Enter chooses, and the field above looks through all objects. A chosen node shows its attributes and what may be done: Watch brings its value by subscription, Write asks for a value of its type and shows old and new, Call asks for each argument. What a rule refuses or holds is said where you asked, with its name. Named points come from the plant file.",
      ],
      ssh: [
        "Over SSH: a terminal where the profile permits a shell, or a button for each command that it names, and the asset's files. What is typed into a shell cannot be held to a list of commands: it is recorded, can be watched and cut. Ctrl+Shift+F finds, Ctrl+Shift+C copies, Ctrl+Shift+X leaves the terminal. When the connection to the broker breaks, what runs waits for this page as long as the session does, and goes on where it was: nothing that you typed or that was shown is lost or comes twice. A client of your own has no such thing; tmux or screen on the asset helps there.",
        "Every file that passes over SFTP or scp is on the recording with its size and SHA-256, when it is closed: whole, or the part that was moved; what was read or written here and there has none, and says so. Search finds a file by its digest.",
        "A profile can have files scanned by ClamAV before the asset has any of them: what is found in one refuses it and rings, and so does a scanner that does not answer. Such files are sent whole, by SFTP.",
      ],
      vnc: [
        "A screen (VNC) is shown as it is on the panel; mouse and keys go there where the profile permits them, each press decided and recorded; Ctrl+Shift+X leaves it. Keys offers chords that a browser keeps for itself, of those that the profile lets through, and Text each way of copying that it permits. Rules can permit clicks only inside named rectangles of a page that is recognised by a part of its picture: a refused click is shown where it was, with its rule. That cannot stop what the panel changes between the picture and the click. What is held down is let go of when the session ends, is frozen or loses its right.",
      ],
      web: [
        "A web panel opens in a tab of its own, at an address of this session alone; the broker signs in to it. Each request is decided: only what a rule names as looking is looking, pages, forms and buttons that no rule names are refused with a page that says so. A rule names what a form or a body of JSON may carry, value by value (speed=20..45); a body that two readers could understand differently is refused. An upload is decided by its head, and again whole, with its files and their digest, before its last piece leaves.",
      ],
    },
  },
  "/device": {
    title: "A command on your machine",
    lines: [
      "sallyport login BROKER, typed on a machine of yours, shows an address and a number. Whoever opens the address, picks that number and touches their passkey lets that machine act for them.",
      "Its token counts only with a key that never leaves the machine: copied elsewhere it is refused, ended, and told as an alarm.",
      "Approvals, held writes and everything that asks for the passkey stay in the browser. Account lists the machine and ends its sign-in.",
    ],
  },
  "/policy": {
    title: "Policy",
    lines: [
      "Who may do what at this site, in Cedar. What no policy permits is denied, and a policy that forbids wins.",
      "An edit is checked as you type: it comes into force only if it is valid, passes its tests and leaves an administrator able to change it again. Live sessions are decided again at once.",
      "A site can ask for a second administrator (SALLYPORT_POLICY_SECOND_ADMINISTRATOR): then a change waits here with its difference until another one confirms it with a passkey.",
      "Before a change counts: sallyport policy what-if judges past sessions by it and lists what would have been otherwise; sallyport profile learn prints the narrowest profile that would have permitted what was done.",
      "Every version is kept. If nobody can get in any more, sallyport policy rollback on the host goes back.",
    ],
  },
  "/access": {
    title: "Access",
    lines: [
      "What you may reach now and how long, what you asked for, and what waits for your yes.",
      "Request access says where, what you need to do, when and why. The clock of a duration starts when somebody agrees. You can take a request back at any time; what came of it ends at once.",
      "Approving and refusing ask for your passkey, which signs exactly what you see. Nobody approves what they asked for themselves.",
    ],
  },
  "/vendors": {
    title: "Vendors",
    lines: [
      "People from outside come by invitation: a link for one address, and the time you ask for them. Somebody responsible for the zone agrees to it.",
      "You answer for those whom you invite: if your account is disabled they are suspended. An account without a grant sleeps; ask for a new time to wake it.",
    ],
  },
  "/break-glass": {
    title: "Break-glass",
    lines: [
      "Access without approval, for the moment in which waiting does harm. One administrator signs where, for whom, how long (an hour at most) and why; everybody entitled is alarmed at once, and everything is recorded as in any session.",
      "A lock wins: who must get in lifts the lock first. A site's lock needs two people, or sallyport unlock on the host.",
      "A use stays open here until somebody who neither opened nor held it has looked at its recordings and signed a verdict. It is not made longer: what takes more time is asked for.",
    ],
  },
  "/review": {
    title: "Review",
    lines: [
      "Every right that stands now or soon, who used it last and when. What nobody needed for 90 days is marked; take it out of the plant file or revoke it.",
    ],
  },
  "/figures": {
    title: "Figures",
    lines: [
      "Counted from the site's events, requests and recordings, by month of the site's calendar: who got in, how long people waited for an answer and for their first session, how fast a session that somebody took away stopped, and what nobody else has looked at.",
      "A recording counts as reviewed when somebody other than its person replayed it. Saved as CSV, times are in milliseconds.",
    ],
  },
  "/live": {
    title: "Live",
    lines: [
      "All sessions running now. Watch follows one without delay; the person at work sees that you watch.",
      "Where a session needs a supervisor, its changes pass only while somebody entitled has it on the screen: hiding or closing the page stops them at once. Where it needs consent, it waits here for your passkey for two minutes.",
      "What a finding stopped (a rule under responses in the plant file) waits on top: read the sentence, look at the moment, then let it go on or end it with a reason and your passkey. It says what happens if nobody answers.",
      "End stops a session at once: nothing passes any more in either direction, and what was queued is dropped. Your reason is recorded and shown to the person.",
      "Acts counts what passed beyond reading: writes, calls, shells, commands, input, files.",
    ],
  },
  "/recordings": {
    title: "Recordings",
    lines: [
      "Every session leaves a recording. Running: it grows still. Sealed: whole, closed in order. Gap: a marked part is missing. Aborted: the broker stopped in the middle; what reached the asset is in it.",
      'Search looks inside them: tag:P101.* value:>40 verdict:deny by:"Ana" after:2026-11-01. Terms are all to be true, a comma means or, a minus not, * any part of a name; a word alone is looked for everywhere. Fields asks the same without writing it. Values are those of tags, raw only where a register has none; reads that were polled are one row with their least and greatest value.',
      "Each hit opens the player at its moment. Of others' recordings each search is noted.",
      "Open one to replay it: each operation, each decision with its rule, and the values over time; of terminals the screen of each moment, with what was typed where the terminal showed it.",
      "In the player: Space plays, ← → move five seconds, , and . change the speed. N goes to the next change, R to the next refusal, H hold, G answer to a hold, Y change of rights, C comment, X gap; with Shift to the one before. M comments on this moment.",
      "Of a screen the player shows its picture at each moment, the hand on it, keys as they were pressed, and refused clicks where they were tried. Along the time line stand small pictures of it, larger under the pointer, and a band that is the brighter the more was pressed; N and Shift N go from one click or key to the next. Page and regions marks a page and its controls on the picture, as text for the plant file. About and export makes a video of all or a part: the broker works on it while you go on, and keeps it for you alone for half an hour.",
      "Where endpoints were opened as one visit, what else was recorded in it is shown beside, at the same instant: choose a write and see the screen of that second. Pages of web panels leave as HAR, for a browser's developer tools, under About and export.",
      "The state of a recording says, when clicked, what is proved on the page and what only a bundle proves offline. Who looked, and when, stands under About and export.",
      "What it changed is one page to print: marked values before and after, every write with who allowed it. Share makes a link for a person without an account, for some days at most; revoke it at any time.",
    ],
  },
  "/people": {
    title: "People",
    lines: [
      "Invite a person and give them the one-time link; they make a passkey on their own device. There are no passwords.",
      "Disabling a person ends their sessions and sign-ins at once.",
      "Accounts elsewhere, in a person's menu, links an account at an identity provider by the id that it has there; you sign that with your passkey. Unlinking ends what was begun through it.",
      "Devices of everybody lists the browsers and machines that people work on, each known by a key that stays in it. Revoke one that was lost: what is open on it ends at once. Its name in Fleet or the MDM lets their reports count for it; rules can ask for a computer that is in order.",
      "Workloads are services that work without a person, by a certificate or token of their platform. The file of workloads names them and what is trusted; grants name them as workload:ID. Disable shuts one out at once. Nothing that needs a passkey is ever open to them.",
      "API tokens let a program use the API for a person: made with sallyport token create, within what the person may at that moment. Revoke ends one at once; disabling or recovering a person ends all of theirs.",
      "A person who lost every passkey gets a new link only when a second administrator agrees.",
    ],
  },
  "/grants": {
    title: "Grants",
    lines: [
      "A grant lets one person reach one endpoint under one profile, within a window. It ends by itself; revoking it ends its sessions at once.",
      "Grants from the plant file are changed in that file.",
      "Narrow makes the narrowest profile that would have permitted what was done under a grant, from recordings that you may see, and opens the plant file with it in the editor: for the next grant. Nothing counts before it is planned and signed.",
    ],
  },
  "/alarms": {
    title: "Alarms",
    lines: [
      "Only what needs a person. Urgent: come within minutes. High: within the hour. Low: today. Each says what follows if nobody comes, and what to do.",
      "Acknowledge says that you have seen it and what you do about it. The alarm goes when its cause is gone, never by being acknowledged; one that went before anybody saw it stays until somebody did, unless what a person did (an answer, a lifted lock, a review) ended it.",
      "Shelve puts it out of the way until a time: an urgent one for an hour, others for twelve at most. What comes and goes rings once and stays until it has been quiet for five minutes. Everything here is in the site log.",
      "All kinds lists every alarm there can be, also those that are out of service because this site does not use what they watch.",
    ],
  },
  "/audit": {
    title: "Audit",
    lines: [
      "The site log itself: what happened here, as a Merkle log that nobody can shorten or rewrite unseen. Every row is read from the log's own files and proved in this browser: its hash leads over the path to the root that the log's key has signed.",
      "This browser remembers the checkpoint that it saw last and asks for the proof that the log now only continues it. Nothing you saw before was changed, or this page says so.",
      "Keys are trusted as this browser saw them first. To trust nobody here, put your own policy file in: the log's key and the witnesses' as you got them on another way.",
      "An entry and its proof can be saved. The proof is a C2SP tlog-proof, which every tool for RFC 9162 and signed notes checks without this broker; deploy/evidence shows how with Python and OpenSSL alone.",
      "Entries are for auditors. Administrators see here how the log, its witnesses and the volume are, and can check that it only grew.",
    ],
  },
  "/events": {
    title: "Events",
    lines: [
      "What the broker noticed. Alarms need a person and come first; everything else is for the record.",
    ],
  },
  "/plant-file": {
    title: "Plant file",
    lines: [
      "The file that says what the plant is: zones, assets, endpoints, tags, profiles, standing grants. What you write is checked as you type; marks stand at what is wrong, and nothing counts before you have signed it. Every key is explained in deploy/examples/README.md, which comes with the broker.",
      "Show what changes makes a plan: each part that is another one in plain words, the live sessions that would end, the text line by line, and what would have been otherwise in past sessions. Your passkey signs exactly this text in the place of exactly the one in force. Sessions lose at once what it no longer gives.",
      "An edit on the host is never written over: a plan that was made before it does not count any more. A file that its host does not let the broker write says so. Where the site asks for a second administrator, what you sign waits until another one has confirmed it on the page Plant.",
      "Import takes a sheet saved as CSV: tags of an endpoint, or assets with their endpoints. What is wrong is told by its rows, and nothing is written before you put it into the text. In a session on an OPC UA server, To the plant file… looks at all that is below a node and brings what the file does not name yet.",
      "Reachability shows which endpoints the broker reaches: when you ask, it makes one TCP connection to each, sends nothing and goes. It never does where a session is open, where a lock is, or twice within a minute.",
      "History keeps every plant that counted, with who, when and why; Plan to go back makes a plan of an older one. sallyport apply -f plant.yaml does the same from a machine of yours: it shows the plan, and you sign it here.",
    ],
  },
  "/gateways": {
    title: "Gateways",
    lines: [
      "A gateway is a machine in the plant's DMZ that reaches assets for this broker. It dials out to here, so that no port is open towards the plant; its guards, connections and a write-ahead of its own are there, everything that decides is here.",
      "Let a machine in with a line that works once, then name it on the endpoints that it reaches: gateways: [dmz-a, dmz-b] in the plant file. The first that is connected is used; sessions of one that is lost end, and can be opened again through another. Gateways carry every protocol; certificate towards OPC UA servers and file scanner are a gateway's own.",
      "What a gateway may do is leased for two seconds. When it does not hear the broker any more, nothing is forwarded; when the connection is gone its sessions end as at a cut. What it recorded is on its own disk until this broker has it on its own, and is handed over when it is back.",
    ],
  },
  "/integrations": {
    title: "Integrations",
    lines: [
      "Where notices go (a signed webhook, Slack, Teams, mail) and which SIEM receives the events. The file that SALLYPORT_INTEGRATIONS names says so; an edit counts within seconds, and sallyport integrations check says what is wrong with it. Below stand the systems whose signals are taken (identity providers, device managers), what each signal led to, what was found unusual about sessions (SALLYPORT_RISK), and what is asked of people because of either: an administrator lifts it there, with a reason.",
      "Rules that answer findings (responses in the plant file) are listed here; what they stopped waits on Live. What is usual shows the baseline in force, and what another one from sallyport risk learn --propose would make usual or unusual: it counts once you have signed for it, and any earlier one can be put back.",
      "With the key tickets in the same file the site's ticket system is asked before somebody agrees to work under a ticket and before each session under it.",
      "What a receiver does not take waits on disk, in order, and is sent again. A notice never carries values, reasons or anything that signs a person in: it says what waits and where to look.",
    ],
  },
  "/health": {
    title: "Health",
    lines: [
      "The parts of the broker and how they are. While the recorder cannot write, nothing that changes the plant passes.",
      "An invalid plant file is not taken over: the last valid one stays in force until the named line is mended.",
      "Where the broker speaks TLS itself, its certificate is a part here: changed files count within seconds, and what cannot be used never takes the place of what can.",
      "On the host, sallyport doctor looks at all of this and at the disk, the clock, the keys and every entry of the site log, with the broker running or not. sallyport backup makes one encrypted file beside the running broker; a site that is put back says so in its log and by an alarm.",
    ],
  },
  "/account": {
    title: "Account",
    lines: [
      "Your passkeys, where you are signed in, and how the console looks in this browser.",
      "Each browser that you sign in on becomes a device by itself: it makes a key that cannot leave it and signs each session that you open, so that a copied sign-in opens nothing. Revoke one that you no longer have. After its data was cleared it enrols again with your passkey, and the old one stays listed as unused. sallyport posture tells the site how a computer is.",
      "Where the site has an identity provider, Accounts elsewhere links yours: you can begin there and confirm with your passkey, and signing out there signs you out here. The provider alone never signs anybody in.",
      "Keep at least two passkeys on different devices: with one lost, the other still signs you in.",
      "A key of your own SSH client can be registered here: then only you can approve what that client asks for. It opens nothing by itself; each session is approved in the browser, with the number that ssh shows. SALLYPORT_SSH_KEYS makes such keys a must, or turns them off.",
    ],
  },
};

export const helpText = {
  shortcutsTitle: "Keys",
  shortcuts: [
    ["?", "This help"],
    ["/", "To the filter of the list"],
    ["↑ ↓ Home End", "Between the rows of a table"],
    ["Esc", "Close a panel, clear a filter"],
  ],
  goTo: (key: string) => `g then ${key}`,
  shortcutsOff: "Single-key shortcuts are switched off in your account page.",
} as const;
