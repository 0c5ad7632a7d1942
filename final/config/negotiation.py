from rest_framework.negotiation import DefaultContentNegotiation


class OneFormat(DefaultContentNegotiation):
    """
    Doesn't read the header `Accept` of a request if the view has only one format.
    """

    def select_renderer(self, request, renderers, format_suffix=None):
        if len(renderers) > 1:
            return super().select_renderer(request, renderers, format_suffix)

        return renderers[0], renderers[0].media_type
