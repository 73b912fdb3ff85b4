/** How much one message of a panel may carry, in bytes. */

/** Forms and recipes of panels: kept whole to be judged. What is larger is an upload. */
export const REQUEST_BODY_MAX = 1_048_576;
/** One upload: images of operating systems of panels have some hundred megabytes. */
export const UPLOAD_MAX = 536_870_912;
/** One answer that is shown: manuals and trends; more is a flood. */
export const RESPONSE_BODY_MAX = 67_108_864;
/** One file that a rule lets out: backups and logs of years. */
export const DOWNLOAD_MAX = 2_147_483_648;
