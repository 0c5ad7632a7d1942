def keep_newest(user, count):
    newest = user.sessions.order_by("-created_at").values_list("pk", flat=True)[:count]
    user.sessions.exclude(pk__in=list(newest)).delete()
