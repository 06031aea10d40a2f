//! A disk that fails on demand, for tests.
//!
//! [`install`] puts a layer between SQLite and the system's files. It passes on every call
//! until [`failing`] names the call of this thread that fails, and how. Other threads are not affected,
//! so tests can run in parallel.
//!
//! The layer never waits for the disk: what a test writes need not survive a power cut.

use std::{
    cell::Cell,
    ffi::{c_char, c_int, c_void},
    mem::size_of,
    ptr,
    sync::atomic::{AtomicPtr, Ordering},
    sync::{Mutex, PoisonError},
};

use rusqlite::ffi::{self, sqlite3_file, sqlite3_io_methods, sqlite3_vfs};

/// What the disk answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// `SQLITE_FULL` for what needs room.
    Full,
    /// `SQLITE_BUSY` for locks.
    Busy,
    /// `SQLITE_IOERR` or, for a file that cannot be opened, `SQLITE_CANTOPEN`.
    Io,
    /// `SQLITE_NOMEM`.
    Memory,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasting {
    /// One call fails.
    Once,
    /// That call fails and all after it.
    ForGood,
}

#[derive(Clone, Copy)]
struct Plan {
    fault: Fault,
    lasting: Lasting,
    /// Calls that still succeed.
    left: u32,
    fired: bool,
}

thread_local! {
    static PLAN: Cell<Option<Plan>> = const { Cell::new(None) };
}

/// Lets the `nth` call, counted from 1, fail while `work` runs. Only calls that can fail in this way
/// are counted. Answers whether it came to that.
pub fn failing<T>(fault: Fault, lasting: Lasting, nth: u32, work: impl FnOnce() -> T) -> (T, bool) {
    struct Disarm;
    impl Drop for Disarm {
        fn drop(&mut self) {
            PLAN.set(None);
        }
    }
    PLAN.set(Some(Plan {
        fault,
        lasting,
        left: nth.saturating_sub(1),
        fired: false,
    }));
    let disarm = Disarm;
    let answer = work();
    let fired = PLAN.get().is_some_and(|it| it.fired);
    drop(disarm);
    (answer, fired)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    Open,
    Read,
    Write,
    Truncate,
    Sync,
    Size,
    Lock,
    Delete,
    Access,
    MapShared,
    LockShared,
}

impl Fault {
    /// As the system's own layer would answer; `None`: this call cannot fail so.
    fn code(self, call: Call) -> Option<c_int> {
        match (self, call) {
            (Self::Full, Call::Write) => Some(ffi::SQLITE_FULL),
            (Self::Full, Call::MapShared) => Some(ffi::SQLITE_IOERR_SHMSIZE),
            (Self::Full, _) => None,
            (Self::Busy, Call::Lock | Call::LockShared) => Some(ffi::SQLITE_BUSY),
            (Self::Busy, _) => None,
            (Self::Memory, Call::Open) => Some(ffi::SQLITE_NOMEM),
            (Self::Memory, _) => Some(ffi::SQLITE_IOERR_NOMEM),
            (Self::Io, Call::Open) => Some(ffi::SQLITE_CANTOPEN),
            (Self::Io, Call::Read) => Some(ffi::SQLITE_IOERR_READ),
            (Self::Io, Call::Write) => Some(ffi::SQLITE_IOERR_WRITE),
            (Self::Io, Call::Truncate) => Some(ffi::SQLITE_IOERR_TRUNCATE),
            (Self::Io, Call::Sync) => Some(ffi::SQLITE_IOERR_FSYNC),
            (Self::Io, Call::Size) => Some(ffi::SQLITE_IOERR_FSTAT),
            (Self::Io, Call::Lock) => Some(ffi::SQLITE_IOERR_LOCK),
            (Self::Io, Call::Delete) => Some(ffi::SQLITE_IOERR_DELETE),
            (Self::Io, Call::Access) => Some(ffi::SQLITE_IOERR_ACCESS),
            (Self::Io, Call::MapShared) => Some(ffi::SQLITE_IOERR_SHMMAP),
            (Self::Io, Call::LockShared) => Some(ffi::SQLITE_IOERR_SHMLOCK),
        }
    }
}

/// The code this call fails with, when it is its turn.
fn fault(call: Call) -> Option<c_int> {
    let mut plan = PLAN.get()?;
    let code = plan.fault.code(call)?;
    if plan.fired && plan.lasting == Lasting::Once {
        return None;
    }
    let due = plan.left == 0;
    plan.left = plan.left.saturating_sub(1);
    plan.fired |= due;
    PLAN.set(Some(plan));
    due.then_some(code)
}

/// The system's own layer, from [`install`] on.
static SYSTEM: AtomicPtr<sqlite3_vfs> = AtomicPtr::new(ptr::null_mut());
static INSTALLING: Mutex<()> = Mutex::new(());

/// Every database that this process opens from now on lies on this disk.
///
/// # Panics
/// Without a layer of the system's own.
pub fn install() {
    let _one = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    if !SYSTEM.load(Ordering::Acquire).is_null() {
        return;
    }
    // SAFETY: both functions are called with what their documentation asks for; what is registered is
    // never freed. <https://sqlite.org/c3ref/vfs_find.html>
    unsafe {
        let system = ffi::sqlite3_vfs_find(ptr::null());
        assert!(!system.is_null(), "SQLite has no file system");
        let mut layer = *system;
        layer.zName = c"faulty".as_ptr();
        layer.pNext = ptr::null_mut();
        layer.szOsFile += size_of::<File>() as c_int;
        layer.xOpen = Some(open);
        layer.xDelete = Some(delete);
        layer.xAccess = Some(access);
        layer.xSleep = Some(sleep);
        SYSTEM.store(system, Ordering::Release);
        let registered = ffi::sqlite3_vfs_register(Box::leak(Box::new(layer)), 1);
        assert_eq!(registered, ffi::SQLITE_OK);
    }
}

/// Our head of an open file; the system's own file follows it in memory.
#[repr(C)]
struct File {
    base: sqlite3_file,
}

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    // Version 2 has shared memory and no memory-mapped reads, which would pass by this layer.
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(map_shared),
    xShmLock: Some(lock_shared),
    xShmBarrier: Some(barrier),
    xShmUnmap: Some(unmap_shared),
    xFetch: None,
    xUnfetch: None,
};

/// # Safety
/// `file` was opened by [`open`].
unsafe fn inner(file: *mut sqlite3_file) -> *mut sqlite3_file {
    // SAFETY: `szOsFile` makes SQLite reserve room for both.
    unsafe { file.cast::<File>().add(1).cast() }
}

/// Calls the method of the system's file; without one the call fails.
macro_rules! pass_on {
    ($file:expr, $method:ident $(, $argument:expr)*) => {{
        // SAFETY: the file is open, and its methods live as long as the process.
        unsafe {
            let file = inner($file);
            match (*(*file).pMethods).$method {
                Some(method) => method(file $(, $argument)*),
                None => ffi::SQLITE_IOERR,
            }
        }
    }};
}

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    let system = SYSTEM.load(Ordering::Acquire);
    // SAFETY: SQLite hands in room for `szOsFile` bytes. A file without methods is not closed.
    unsafe {
        (*file).pMethods = ptr::null();
        if let Some(code) = fault(Call::Open) {
            return code;
        }
        let own = inner(file);
        let Some(open) = (*system).xOpen else {
            return ffi::SQLITE_CANTOPEN;
        };
        let code = open(system, name, own, flags, out);
        if !(*own).pMethods.is_null() {
            (*file).pMethods = &raw const METHODS;
        }
        code
    }
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    if let Some(code) = fault(Call::Delete) {
        return code;
    }
    let system = SYSTEM.load(Ordering::Acquire);
    // SAFETY: the arguments are SQLite's own.
    unsafe {
        match (*system).xDelete {
            Some(delete) => delete(system, name, sync),
            None => ffi::SQLITE_IOERR,
        }
    }
}

unsafe extern "C" fn access(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    if let Some(code) = fault(Call::Access) {
        return code;
    }
    let system = SYSTEM.load(Ordering::Acquire);
    // SAFETY: the arguments are SQLite's own.
    unsafe {
        match (*system).xAccess {
            Some(access) => access(system, name, flags, out),
            None => ffi::SQLITE_IOERR,
        }
    }
}

/// Who waits for a lock that is held on purpose waits for nothing.
unsafe extern "C" fn sleep(_: *mut sqlite3_vfs, microseconds: c_int) -> c_int {
    if PLAN.get().is_some() {
        return microseconds;
    }
    let system = SYSTEM.load(Ordering::Acquire);
    // SAFETY: the arguments are SQLite's own.
    unsafe {
        match (*system).xSleep {
            Some(sleep) => sleep(system, microseconds),
            None => microseconds,
        }
    }
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    pass_on!(file, xClose)
}

unsafe extern "C" fn read(file: *mut sqlite3_file, to: *mut c_void, size: c_int, at: i64) -> c_int {
    match fault(Call::Read) {
        Some(code) => code,
        None => pass_on!(file, xRead, to, size, at),
    }
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    from: *const c_void,
    size: c_int,
    at: i64,
) -> c_int {
    match fault(Call::Write) {
        Some(code) => code,
        None => pass_on!(file, xWrite, from, size, at),
    }
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: i64) -> c_int {
    match fault(Call::Truncate) {
        Some(code) => code,
        None => pass_on!(file, xTruncate, size),
    }
}

unsafe extern "C" fn sync(_: *mut sqlite3_file, _: c_int) -> c_int {
    fault(Call::Sync).unwrap_or(ffi::SQLITE_OK)
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, out: *mut i64) -> c_int {
    match fault(Call::Size) {
        Some(code) => code,
        None => pass_on!(file, xFileSize, out),
    }
}

unsafe extern "C" fn lock(file: *mut sqlite3_file, level: c_int) -> c_int {
    match fault(Call::Lock) {
        Some(code) => code,
        None => pass_on!(file, xLock, level),
    }
}

unsafe extern "C" fn unlock(file: *mut sqlite3_file, level: c_int) -> c_int {
    pass_on!(file, xUnlock, level)
}

unsafe extern "C" fn check_reserved_lock(file: *mut sqlite3_file, out: *mut c_int) -> c_int {
    pass_on!(file, xCheckReservedLock, out)
}

unsafe extern "C" fn file_control(
    file: *mut sqlite3_file,
    what: c_int,
    with: *mut c_void,
) -> c_int {
    pass_on!(file, xFileControl, what, with)
}

unsafe extern "C" fn sector_size(file: *mut sqlite3_file) -> c_int {
    pass_on!(file, xSectorSize)
}

unsafe extern "C" fn device_characteristics(file: *mut sqlite3_file) -> c_int {
    pass_on!(file, xDeviceCharacteristics)
}

unsafe extern "C" fn map_shared(
    file: *mut sqlite3_file,
    page: c_int,
    size: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    match fault(Call::MapShared) {
        Some(code) => code,
        None => pass_on!(file, xShmMap, page, size, extend, out),
    }
}

unsafe extern "C" fn lock_shared(
    file: *mut sqlite3_file,
    offset: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    // What is let go of is always let go of.
    let wanted = flags & ffi::SQLITE_SHM_LOCK != 0;
    match wanted.then(|| fault(Call::LockShared)).flatten() {
        Some(code) => code,
        None => pass_on!(file, xShmLock, offset, count, flags),
    }
}

unsafe extern "C" fn barrier(file: *mut sqlite3_file) {
    // SAFETY: the file is open, and its methods live as long as the process.
    unsafe {
        let file = inner(file);
        if let Some(barrier) = (*(*file).pMethods).xShmBarrier {
            barrier(file);
        }
    }
}

unsafe extern "C" fn unmap_shared(file: *mut sqlite3_file, delete: c_int) -> c_int {
    pass_on!(file, xShmUnmap, delete)
}
