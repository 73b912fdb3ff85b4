/** Every bound of the search, with its reason. */

/** Rows kept decoded for the next search: about two million operations. */
export const BLOCK_MEMORY_MAX = 256 * 1024 * 1024;
/** Rows gathered before they are written: a frame of fewer would be mostly head. */
export const FRAME_ROWS = 4_096;
/** Segments after which they are written whatever their number: what a restart reads again. */
export const FRAME_SEGMENTS = 16;
/** Recordings that are indexed while they grow and stay at hand; others begin at their last frame. */
export const BUILDERS_MAX = 128;
/** Bytes of a segment decoded between two looks at who asks. */
export const FEED_BYTES = 32 * 1024;
/** How often the folders are looked through for what was sealed: found "within seconds". */
export const LOOK_EVERY_MS = 3_000;
/** After a full disk or the like: not sooner, and not for ever at once. */
export const RETRY_MS = 60_000;
/** One search computes at most this long, then hands over what it has and where to go on. */
export const SEARCH_MS = 2_000;
/** Of a search, between two looks at who else asks. */
export const TURN_MS = 10;
/** Searches under way and waiting. One runs; more would only make each other slow. */
export const SEARCHES_MAX = 32;
/** Hits of one page. */
export const PAGE_MAX = 500;
/** Recordings under way whose latest records are fetched before a search; newest first. */
export const TAILS_MAX = 48;
/** A search that comes before the folders were looked through for the first time waits so long. */
export const READY_MS = 5_000;
/** A search waits so long for them, then goes on and says how many it does not know to their end. */
export const TAILS_MS = 150;
/** Between two looks at whether a session that just ended is indexed. */
export const SETTLE_LOOK_MS = 10;
/** The dead thread is started again after this, doubled each time up to the last. */
export const RESTART_FIRST_MS = 1_000;
export const RESTART_MAX_MS = 60_000;
