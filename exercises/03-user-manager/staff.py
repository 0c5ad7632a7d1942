from authentication.managers import UserManager


class StaffManager(UserManager):
    """
    Creates users who may enter the admin.
    """

    def create_staff(self, username, email, password):
        if not password:
            raise ValueError("Staff must have a password.")

        return self.create_user(username, email, password, is_staff=True)
