/** Bounds of a plant file. Generous for a real site, small enough that no file can stall the broker. */

/** A site of 10,000 assets with 150,000 points is 24 MB. */
export const FILE_BYTES_MAX = 32 * 1024 * 1024;
/** The deepest path of the format is assets / asset / endpoints / endpoint / tags / tag / states: 8 with the root. */
export const DEPTH_MAX = 12;
/** Nodes of the parsed file; a tag of ten keys has about 30, so that such a site has 4.5 million. */
export const NODES_MAX = 8_000_000;
/** More problems than this tell a person nothing new. */
export const PROBLEMS_MAX = 200;

/** What one team looks after from one console; each of its filters is a list of them. */
export const SITES_MAX = 64;
/** All shifts of a site and their deputies. */
export const SUPERVISORS_PER_SITE_MAX = 128;
/** A building or a line each: fifty assets in one are 200 zones. */
export const ZONES_MAX = 1_024;
export const CONDUITS_MAX = 2_048;
/** 10,000 are measured (deploy/sizing.md); memory and start grow with them, and nothing faster. */
export const ASSETS_MAX = 10_240;
export const ENDPOINTS_PER_ASSET_MAX = 16;
/** Endpoints survive the loss of one; more than a few reach nothing more. */
export const GATEWAYS_PER_ENDPOINT_MAX = 8;
/** A permit carries its endpoint with all tags. */
export const TAGS_PER_ENDPOINT_MAX = 10_000;
/** Read at the beginning and end of each session: a few requests to the asset, and one page. */
export const REPORT_TAGS_MAX = 48;
export const STATES_PER_TAG_MAX = 64;
export const PROFILES_MAX = 256;
/** The matcher is measured with 200; more than this is a generated file that wants ranges. */
export const RULES_PER_PROFILE_MAX = 1_000;
/** One for each zone and profile, and some for both. */
export const CONDITIONS_MAX = 1_024;
/** Each costs a reading a second. */
export const KEY_SWITCHES_MAX = 32;
/** One for each kind of finding, some by zone. */
export const RESPONSES_MAX = 32;
/** A person needs a moment to look, and a shift is over at some time. */
export const RESPONSE_MIN_MS = 60_000;
export const RESPONSE_MAX_MS = 8 * 3_600_000;
/** People whom one rule stops within an hour: beyond it nobody can look at each. */
export const PEOPLE_PER_RESPONSE_MAX = 20;
export const GRANTS_MAX = 8_192;
/** More than a shift and its deputies is a role. */
export const APPROVERS_PER_RULE_MAX = 64;
/** Items of one list inside a rule (tags, addresses, values, functions). */
export const RULE_LIST_MAX = 2_048;

/** Ids stand in addresses of pages and in every record. */
export const ID_LENGTH_MAX = 64;
export const NAME_LENGTH_MAX = 120;
export const DESCRIPTION_LENGTH_MAX = 2_000;
/** `mg/l`, `m³/h`, `°C`: an engineering unit is short. */
export const UNIT_LENGTH_MAX = 16;

/** A permit carries its endpoint: a panel has some dozens of pages, a page some dozens of controls. */
export const SCREEN_PAGES_MAX = 32;
export const REGIONS_PER_PAGE_MAX = 64;

/** Host keys of one device: one a type, twice while they are exchanged. */
export const HOST_KEYS_MAX = 16;
/** RFC 1035, 2.3.4. */
export const HOST_LENGTH_MAX = 253;
/** The port that IANA gives to Modbus. */
export const MODBUS_PORT = 502;
/** RFC 6143, 9: of the first display. */
export const VNC_PORT = 5900;
/** The port that IANA gives to OPC UA. */
export const OPCUA_PORT = 4840;
/** RFC 9110, 4.2.1. */
export const WEB_PORT = 80;
/** RFC 4253, 4.1. */
export const SSH_PORT = 22;

/** A command line that a rule names; longer ones are scripts and want a name of their own. */
export const COMMAND_LENGTH_MAX = 1_024;
/** PATH_MAX of Linux. */
export const PATH_LENGTH_MAX = 4_096;

/** How far the limits of an endpoint may be opened. */
export const CONNECTIONS_MAX = 1_024;
export const REQUESTS_PER_SECOND_MAX = 1_000_000;
/** Modbus transaction ids are 16 bit; no device known takes more than a few dozen at once. */
export const IN_FLIGHT_MAX = 1_024;
export const QUEUE_MAX = 65_536;
export const TIMEOUT_MIN_MS = 10;
/** A page may wait minutes for the news that it asked for. */
export const TIMEOUT_MAX_MS = 300_000;

/** What an endpoint gets that gives no limits: gentle enough for an old PLC. */
export const ENDPOINT_LIMITS_DEFAULT = {
  connectionsMax: 16,
  requestsPerSecond: 100,
  inFlightMax: 1,
  queueMax: 256,
  connectTimeoutMs: 3_000,
  responseTimeoutMs: 2_000,
} as const;

/**
 * For web panels instead: a browser asks for six things at once, and one of them may be left
 * unanswered until there is something to tell, a minute as a rule.
 */
export const WEB_LIMITS_DEFAULT = {
  ...ENDPOINT_LIMITS_DEFAULT,
  inFlightMax: 6,
  responseTimeoutMs: 90_000,
} as const;

/** Shortest and longest interval of a write rate. */
export const INTERVAL_MIN_MS = 10;
export const INTERVAL_MAX_MS = 24 * 3_600_000;
/** Writes that one interval may allow; the ledger remembers this many per point. */
export const INTERVAL_COUNT_MAX = 100;
/** A person needs a moment to look; beyond some minutes nobody remembers why they asked. */
export const HOLD_MIN_MS = 2_000;
export const HOLD_MAX_MS = 5 * 60_000;

/** Of a file that can be taken out of a recording: it is held in memory meanwhile. Bytes. */
export const KEPT_FILE_MAX = 67_108_864;
