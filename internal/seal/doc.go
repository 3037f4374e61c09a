// Package seal encrypts what is kept at rest: AES-256-GCM, bound to the place
// where the data belongs, under a key from the settings, from the keyring of the
// operating system, or from a file in the state directory.
//
// Keys have names. Sealed data is kept beside the name of its key, so that a
// wrong key is told from damaged data, old and new keys live side by side while
// keys are changed, and processes that share a state directory agree on one key
// without a race: each key is written once under its own name and never replaced.
package seal
