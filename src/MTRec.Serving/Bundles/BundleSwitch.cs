using MTRec.Inference;
using MTRec.Serving.Bundles.Shadow;
using MTRec.Serving.Http;
using MTRec.Serving.Operations;

namespace MTRec.Serving.Bundles;

/// <summary>
/// Decides which bundles are in service: follows the registry, loads what variants and the shadow ask for, and does what requests ask. One
/// change at a time; requests that rank see only the exchange of the snapshot.
/// </summary>
internal sealed partial class BundleSwitch(
    BundleRegistry registry,
    BundleHost host,
    BundleIntake intake,
    LoadingThread thread,
    SharedChoice choice,
    WantedBundles wanted,
    LiveOptions<ShadowOptions> shadow,
    RegistryOptions options,
    BundleMeters meters,
    ILogger<BundleSwitch> logger) : IDisposable
{
    /// <summary>How far rollbacks go back.</summary>
    private const int LongestHistory = 10;

    private static readonly TimeSpan StartingTime = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly FollowRule _rule = new();

    // Versions that were active before, the latest last.
    private readonly List<string> _history = [];
    private volatile BundleStatus _status = BundleStatus.Empty;

    /// <summary>How the bundles stood after the latest change or look at the registry.</summary>
    public BundleStatus Status => _status;

    /// <summary>Whether <see cref="Status"/> tells of what is in service now, and of the newest bundles whether they may serve.</summary>
    public bool IsSettled => _status is var status && status.Snapshot == host.Snapshot && !status.Unverified.Any();

    /// <summary>Looks at the registry and does what follows from it.</summary>
    /// <returns>How the bundles stand; without an active one where none may serve.</returns>
    public Task<BundleStatus> ReconcileAsync(CancellationToken cancellation) =>
        ChangeAsync(listings => Reconcile(listings, cancellation), cancellation);

    /// <summary>Puts a version into service, and holds back the newer ones that are there.</summary>
    /// <param name="version">A version of the registry, or a loaded one that has left it.</param>
    /// <param name="cancellation">Gives up the place in the queue; a change that has begun goes on.</param>
    /// <exception cref="RefusedException">404 unknown, 409 refused, 503 nothing is in service yet.</exception>
    public Task<BundleStatus> ActivateAsync(string version, CancellationToken cancellation) =>
        ChangeAsync(listings => Activate(version, listings), cancellation);

    /// <summary>Puts the version that was active before into service, and holds back the newer ones that are there.</summary>
    /// <param name="cancellation">Gives up the place in the queue; a change that has begun goes on.</param>
    /// <exception cref="RefusedException">409 there is none, or it is refused; 503 nothing is in service yet.</exception>
    public Task<BundleStatus> RollBackAsync(CancellationToken cancellation) => ChangeAsync(RollBack, cancellation);

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    private async Task<BundleStatus> ChangeAsync(Action<IReadOnlyList<BundleListing>> change, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            return await thread.RunAsync(() =>
            {
                try
                {
                    change(Scan(out _));
                }
                finally
                {
                    Publish();
                }

                return _status;
            });
        }
        finally
        {
            _gate.Release();
        }
    }

    private void Reconcile(IReadOnlyList<BundleListing> listings, CancellationToken cancellation)
    {
        var before = host.Snapshot;
        if (before.Active is not null)
        {
            FollowRequest(listings, cancellation);
            Follow(listings, cancellation);
        }

        if ((host.Snapshot.Active ?? LoadFirst(listings, cancellation)) is not { } active)
            return;

        var known = host.Snapshot.All.Prepend(active).Distinct().ToList();
        var variants = wanted.Versions.Select(version => Obtain(version)).OfType<ServedBundle>().ToArray();
        var shadowed = shadow.Current.Version is { } version && version != active.Version ? Obtain(version) : null;
        var next = new BundleSnapshot(active, host.Snapshot.Previous, variants, shadowed);
        if (before.Active is null)
        {
            if (!(BundleAge.Of(active.Bundle) <= _rule.Decided))
                _rule.Followed(BundleAge.Of(active.Bundle));
            Serve(next, SwapCause.Start);
        }
        else if (!next.IsSameAs(host.Snapshot))
        {
            host.Serve(next);
        }

        ServedBundle? Obtain(string version)
        {
            if (known.Find(served => served.Version == version) is { } loaded)
                return loaded;
            if (listings.FirstOrDefault(listing => listing.Version == version) is not { IsRefused: false } listing)
                return null;
            var fresh = intake.TryLoad(listing, out _, cancellation);
            if (fresh is not null)
                known.Add(fresh);
            return fresh;
        }
    }

    private ServedBundle? LoadFirst(IReadOnlyList<BundleListing> listings, CancellationToken cancellation)
    {
        var tried = new HashSet<BundleListing>();
        if (options.Version is { } pinned)
            return LoadOne(listings.Where(listing => listing.Version == pinned));
        if (choice.Read() is not { } chosen)
            return LoadOne(_rule.Candidates(listings));

        // What a request has chosen, unless something newer has come since; what it held back is better than nothing.
        var all = _rule.Candidates(listings).ToArray();
        _rule.Followed(chosen.HeldBack);
        var newer = options.Follows ? LoadOne(_rule.Candidates(listings)) : null;
        var first = newer ?? LoadOne(listings.Where(listing => listing.Version == chosen.Version));
        _history.AddRange((newer is null ? chosen.Previous : chosen.Previous.Append(chosen.Version)).TakeLast(LongestHistory));
        if (first is not null)
            choice.Done(chosen);
        return first ?? LoadOne(all);

        ServedBundle? LoadOne(IEnumerable<BundleListing> candidates) =>
            candidates.Where(tried.Add).Select(listing => intake.TryLoad(listing, out _, cancellation)).FirstOrDefault(served => served is not null);
    }

    // What a request has asked of another replica. It is tried again at each look until it can be done or something newer is followed.
    private void FollowRequest(IReadOnlyList<BundleListing> listings, CancellationToken cancellation)
    {
        if (choice.Pending() is not { } asked)
            return;
        var active = host.Current!;
        _rule.Followed(asked.HeldBack);
        if (options.Follows && BundleAge.Of(active.Bundle) > asked.HeldBack)
        {
            _rule.Followed(BundleAge.Of(active.Bundle));
            choice.Done(asked);
            return;
        }

        var listing = listings.FirstOrDefault(listing => listing.Version == asked.Version);
        var next = listing is null ? host.Snapshot.Find(asked.Version)
            : Loaded(listing) ?? (listing.IsRefused ? null : intake.TryLoad(listing, out _, cancellation));
        if (next is null)
        {
            choice.CannotBeServed(asked);
            return;
        }

        var previous = asked.Previous is [.., var earlier] ? host.Snapshot.Find(earlier) : null;
        var snapshot = new BundleSnapshot(next, previous, host.Snapshot.Variants, host.Snapshot.Shadow);
        if (next != active)
            Serve(snapshot, SwapCause.Shared);
        else
            host.Serve(snapshot);
        _history.Clear();
        _history.AddRange(asked.Previous.TakeLast(LongestHistory));
        choice.Done(asked);
    }

    private void Share() => choice.Share(host.Current!.Version, [.. _history], _rule.Decided!.Value);

    private void Follow(IReadOnlyList<BundleListing> listings, CancellationToken cancellation)
    {
        if (!options.Follows)
            return;
        foreach (var listing in _rule.Candidates(listings))
        {
            if ((Loaded(listing) ?? intake.TryLoad(listing, out _, cancellation)) is { } newer)
            {
                _rule.Followed(BundleAge.Of(listing) ?? BundleAge.Of(newer.Bundle));
                SwitchTo(newer, SwapCause.Follow);
                return;
            }
        }
    }

    private void Activate(string version, IReadOnlyList<BundleListing> listings)
    {
        var active = RequireActive();
        var listing = listings.FirstOrDefault(listing => listing.Version == version);
        var next = listing is null ? host.Snapshot.Find(version) : Loaded(listing) ?? LoadOnRequest(listing);
        if (next is null)
            throw new RefusedException(Problem.Of(404, $"The registry holds no bundle {options.Bundle} of that version.", "version", "is unknown."));
        _rule.Requested(listings);
        if (next != active)
            SwitchTo(next, SwapCause.Activate);
        Share();
    }

    private void RollBack(IReadOnlyList<BundleListing> listings)
    {
        RequireActive();
        if (_history is not [.., var version])
            throw new RefusedException(new Problem(409, "No bundle was active before this one."));

        // The one before is kept loaded; those before it may have to be loaded again.
        var before = host.Snapshot;
        var next = before.Previous ?? before.Find(version)
            ?? (listings.FirstOrDefault(listing => listing.Version == version) is { } listing ? LoadOnRequest(listing) : null)
            ?? throw new RefusedException(new Problem(409, $"The bundle that was active before, {options.Bundle}/{version}, is no longer in the registry."));
        _rule.Requested(listings);
        _history.RemoveAt(_history.Count - 1);
        var previous = _history is [.., var earlier] ? before.Find(earlier) : null;
        Serve(new BundleSnapshot(next, previous, before.Variants, before.Shadow), SwapCause.Rollback);
        Share();
    }

    private ServedBundle RequireActive() =>
        host.Current ?? throw new RefusedException(Problem.Unavailable("No bundle is in service yet.", StartingTime));

    // What was refused before is tried again: whoever asks may know more than its files' times show.
    private ServedBundle LoadOnRequest(BundleListing listing) =>
        intake.TryLoad(listing, out var reasons, CancellationToken.None) ?? throw new RefusedException(new Problem(
            409,
            $"Bundle {listing.Name}/{listing.Version} is refused; {host.Current?.Id} stays in service.",
            new Dictionary<string, string[]> { ["version"] = [.. reasons] }));

    // A loaded bundle that is still the one in the registry.
    private ServedBundle? Loaded(BundleListing listing) =>
        host.Snapshot.All.FirstOrDefault(served => served.Version == listing.Version && served.Bundle.Digest == listing.Digest);

    private void SwitchTo(ServedBundle next, SwapCause cause)
    {
        var before = host.Snapshot;
        _history.Add(before.Active!.Version);
        if (_history.Count > LongestHistory)
            _history.RemoveAt(0);
        Serve(new BundleSnapshot(next, before.Active, before.Variants, before.Shadow), cause);
    }

    private void Serve(BundleSnapshot next, SwapCause cause)
    {
        var before = host.Current;
        host.Serve(next);
        meters.Swapped(cause);
        LogServing(next.Active!.Id, cause, before?.Id ?? "none", next.Active.Bundle.Directory);
    }

    private IReadOnlyList<BundleListing> Scan(out string? fault)
    {
        var all = ScanAll(out fault);
        return [.. all.Where(listing => listing.Name == options.Bundle)];
    }

    private IReadOnlyList<BundleListing> ScanAll(out string? fault)
    {
        try
        {
            fault = null;
            return registry.Scan();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What is loaded serves on, and can be rolled back to.
            fault = e.Message;
            return _status.Listings;
        }
    }

    private void Publish()
    {
        var before = _status;
        var listings = ScanAll(out var fault);
        var snapshot = host.Snapshot;
        var own = listings.Where(listing => listing.Name == options.Bundle).ToArray();
        var heldBack = options.Follows && snapshot.Active is { } active ? own.Where(listing => _rule.HoldsBack(listing, BundleAge.Of(active.Bundle))) : [];
        var asked = wanted.Versions.Concat(shadow.Current.Version is { } shadowed ? [shadowed] : []).Distinct(StringComparer.Ordinal).ToArray();
        _status = new BundleStatus(
            snapshot,
            listings,
            _history is [.., var previous] ? previous : null,
            [.. heldBack.Select(listing => listing.Version)],
            [.. asked.Where(version => snapshot.Find(version) is null)],
            [.. snapshot.All.Select(served => served.Version).Where(version => !own.Any(listing => listing.Version == version))],
            fault ?? choice.Fault);

        if (_status.Fault is { } said && said != before.Fault)
        {
            if (said == fault)
                LogUnreadable(registry.Root, said);
            else
                LogNotShared(said);
        }

        foreach (var version in _status.Unserved.Except(before.Unserved))
            LogUnserved(options.Bundle, version);
        foreach (var version in _status.Withdrawn.Except(before.Withdrawn))
            LogWithdrawn(options.Bundle, version);
    }

    [LoggerMessage(4001, LogLevel.Information, "Serving bundle {Bundle} ({Cause}; before: {Before}) from {Directory}")]
    private partial void LogServing(string bundle, SwapCause cause, string before, string directory);

    [LoggerMessage(4011, LogLevel.Error, "What requests put into service is not the same everywhere: {Fault}")]
    private partial void LogNotShared(string fault);

    [LoggerMessage(4005, LogLevel.Error, "The registry {Registry} cannot be read; what is loaded serves on: {Fault}")]
    private partial void LogUnreadable(string registry, string fault);

    [LoggerMessage(4006, LogLevel.Error, "Bundle {Name}/{Version} is asked for by a variant or as the shadow and cannot be served: requests for it get the active one")]
    private partial void LogUnserved(string name, string version);

    [LoggerMessage(4007, LogLevel.Warning, "Bundle {Name}/{Version} is loaded and no longer in the registry; it serves on, and is lost with the process")]
    private partial void LogWithdrawn(string name, string version);
}
